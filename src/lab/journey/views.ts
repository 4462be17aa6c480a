/** How the journey is shown while it runs: live on a terminal, as plain lines in a log. */

import { formatSpan } from './outcome-table.ts';
import type { LabNow } from './recorder.ts';

export interface View {
  actStarted(index: number, count: number, title: string, plot: string): void;
  /** One line of the running action's log: on a terminal the current decision. */
  line(text: string): void;
  actEnded(title: string, outcome: string, asExpected: boolean): void;
  tick(now: LabNow): void;
  /** Free text before the acts: what is being set up. */
  note(text: string): void;
  close(): void;
}

export function createPlainView(write: (text: string) => void): View {
  let lastTickSeconds = 0;
  return {
    actStarted: (index, count, title, plot) => write(`\n[${index}/${count}] ${title}\n      ${plot}\n`),
    line: (text) => write(`      ${text}\n`),
    actEnded: (title, outcome, asExpected) =>
      write(`   -> ${title}: ${outcome}${asExpected ? '' : ' (NOT as expected)'}\n`),
    tick: (now) => {
      if (now.realSeconds - lastTickSeconds < 5) return;
      lastTickSeconds = now.realSeconds;
      const weights = now.groups
        .map((group) => `${group.label} ${Math.round(group.share * 100)}%`)
        .join(', ');
      write(
        `      .. ${weights}; ${Math.round(now.requestsPerSecond)} req/s, ${now.totals.harmed} harmed, ${now.totals.dropped} dropped\n`,
      );
    },
    note: (text) => write(`${text}\n`),
    close: () => undefined,
  };
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[0m`;
const dim = (text: string): string => `\u001b[2m${text}\u001b[0m`;
const colored = (code: number, text: string): string => `\u001b[${code}m${text}\u001b[0m`;
const groupColors = [37, 34, 32];

/** Keeps a panel of a few lines at the bottom; finished acts scroll away above it. */
export function createTerminalView(write: (text: string) => void, columns: () => number): View {
  let panelLines = 0;
  let title = '';
  let decision = '';
  let latest: LabNow | undefined;
  const clearPanel = (): void => {
    if (panelLines > 0) write(`\u001b[${panelLines}A\u001b[0J`);
    panelLines = 0;
  };
  const above = (text: string): void => {
    clearPanel();
    write(`${text}\n`);
    draw();
  };
  const draw = (): void => {
    if (latest === undefined) return;
    clearPanel();
    const lines = renderPanel(latest, title, decision, columns());
    write(`${lines.join('\n')}\n`);
    panelLines = lines.length;
  };
  write('\u001b[?25l');
  return {
    actStarted: (index, count, name, plot) => {
      title = `[${index}/${count}] ${name}`;
      decision = plot;
      above(`${bold(title)}  ${dim(plot)}`);
    },
    line: (text) => {
      decision = text;
      draw();
    },
    actEnded: (_name, outcome, asExpected) =>
      above(`   ${asExpected ? colored(32, '✔') : colored(31, '✘')} ${outcome}`),
    tick: (now) => {
      latest = now;
      draw();
    },
    note: (text) => above(dim(text)),
    close: () => {
      clearPanel();
      latest = undefined;
      write('\u001b[?25h');
    },
  };
}

/** The panel as lines no wider than the terminal. Pure. */
export function renderPanel(
  now: LabNow,
  title: string,
  decision: string,
  columns: number,
): readonly string[] {
  const clip = (text: string, wide: number): string => {
    const flat = text.replace(/[\p{Cc}\p{Cf}]/gu, '');
    return flat.length > wide ? `${flat.slice(0, Math.max(0, wide - 1))}…` : flat;
  };
  const width = Math.max(20, Math.min(columns, 120) - 1);
  const barWidth = Math.max(10, Math.min(40, width - 50));
  const lines = [
    dim('─'.repeat(width)),
    `${bold(clip(title, width - 16))} ${dim(`AWS +${formatSpan(now.virtualMs)}`)}`,
  ];
  now.groups.forEach((group, index) => {
    const filled = Math.round(group.share * barWidth);
    const bar =
      colored(groupColors[index % groupColors.length]!, '█'.repeat(filled)) +
      dim('░'.repeat(barWidth - filled));
    const percent = `${Math.round(group.share * 100)}%`.padStart(4);
    lines.push(
      `${clip(group.label, 12).padEnd(12)} ${bar} ${percent}  ${clip(`${group.healthy}/${group.targets} healthy, ${Math.round(group.requestsPerSecond)} req/s`, width - barWidth - 20)}`,
    );
  });
  const harmed = now.totals.harmed + now.totals.dropped > 0 ? 31 : 32;
  lines.push(
    `${'load'.padEnd(12)} ${clip(`${Math.round(now.requestsPerSecond)} req/s, ${now.totals.served} served`, 40)}, ${colored(harmed, `${now.totals.harmed} harmed, ${now.totals.dropped} dropped`)}`,
  );
  const services = now.services.map(
    (service) =>
      `${service.name} ${service.running}/${service.desired}${service.pending > 0 ? ` +${service.pending}` : ''}`,
  );
  lines.push(`${'tasks'.padEnd(12)} ${clip(services.join('   ') || 'none yet', width - 14)}`);
  lines.push(dim(`${'now'.padEnd(12)} ${clip(decision, width - 14)}`));
  return lines;
}
