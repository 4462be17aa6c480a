/** The table at the end: what happened in each act. Pure. */
import type { Story } from './story.ts';

export function renderOutcomeTable(story: Story): string {
  const rows = story.acts.map((act) => [
    act.asExpected ? 'ok' : 'WRONG',
    act.title,
    act.cause === '' ? act.outcome : `${act.outcome} (${act.cause})`,
    (act.endedRealSeconds - act.startedRealSeconds).toFixed(1),
    formatSpan(act.endedAt - act.startedAt),
    String(act.load.served),
    String(act.load.harmed),
    String(act.load.dropped),
  ]);
  const head = ['', 'act', 'outcome', 'seconds', 'in AWS time', 'served', 'harmed', 'dropped'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column >= 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const complaints = story.acts
    .filter((act) => !act.asExpected)
    .map((act) => `${act.title}: ${act.complaint}`);
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ...complaints].join(
    '\n',
  );
}

/** `4m05s` of virtual time. */
export function formatSpan(spanMs: number): string {
  const seconds = Math.round(spanMs / 1000);
  return seconds < 60
    ? `${seconds}s`
    : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}
