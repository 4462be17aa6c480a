/** The job summary of any action. Pure: report in, Markdown out. */
import { formatDuration } from './duration.ts';
import type { EventLevel, KitEvent } from './event.ts';
import { codeBlock, escapeHtml, escapeMarkdown, table } from './markdown.ts';
import type { Report, ReportSection } from './report.ts';

const levelMarks: Readonly<Record<EventLevel, string>> = {
  info: '·',
  notice: '▸',
  warning: '⚠️',
  error: '❌',
};

/** `docsBase` is what paths of documents are appended to; without it they stand as they are. */
export function renderSummary(report: Report, docsBase?: string): string {
  const parts = [
    `### ${report.ok ? '✅' : '❌'} ${escapeMarkdown(report.title)}: ${escapeMarkdown(report.outcome)}`,
    escapeMarkdown(report.sentence),
  ];
  const docs = report.docs === undefined ? undefined : docsLink(report.docs, docsBase);
  if (report.remedy !== undefined) {
    parts.push([`**What to do:** ${escapeMarkdown(report.remedy)}`, docs].filter(Boolean).join(' '));
  } else if (docs !== undefined) parts.push(docs);
  if (report.commands !== undefined) parts.push(codeBlock(report.commands.join('\n'), 'sh'));
  if (report.facts.length > 0) {
    parts.push(
      table(
        ['', ''],
        report.facts.map(([label, value]) => [`**${escapeMarkdown(label)}**`, escapeMarkdown(value)]),
      ),
    );
  }
  for (const section of report.sections) parts.push(renderSection(section));
  if (report.events.length > 0) {
    parts.push(
      `<details><summary>Timeline (${formatDuration(report.endedAt - report.startedAt)})</summary>\n\n${renderTimeline(report.events, report.startedAt)}\n\n</details>`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function docsLink(path: string, base: string | undefined): string {
  return base === undefined ? `See \`${path}\`.` : `[More on this](${base}${path})`;
}

function renderSection(section: ReportSection): string {
  const heading = `#### ${escapeMarkdown(section.heading)}`;
  switch (section.kind) {
    case 'table': {
      const rows = table(
        section.columns.map(escapeMarkdown),
        section.rows.map((row) => row.map(escapeMarkdown)),
      );
      return section.folded === true
        ? `<details><summary>${escapeHtml(section.heading)}</summary>\n\n${rows}\n\n</details>`
        : `${heading}\n\n${rows}`;
    }
    case 'text':
      return `${heading}\n\n${codeBlock(section.text, section.language)}`;
  }
}

function renderTimeline(events: readonly KitEvent[], startedAt: number): string {
  return table(
    ['after', '', 'what'],
    events.map((event) => [
      formatDuration(Math.max(0, Math.round((event.at - startedAt) / 1000) * 1000)),
      levelMarks[event.level],
      escapeMarkdown(event.message),
    ]),
  );
}

/** One event as a log line: `+1m20s  message`. */
export function renderLogLine(event: KitEvent, startedAt: number): string {
  return `${`+${formatDuration(Math.max(0, Math.round((event.at - startedAt) / 1000) * 1000))}`.padEnd(8)} ${event.message}`;
}
