/** What is told of a scan. Pure. */
import type { ReportSection } from '../../report/report.ts';
import type { ScanVerdict } from './judge-scans.ts';

/** Findings that are shown at most; the worst come first. */
const shown = 50;

export function scanSections(verdict: ScanVerdict): readonly ReportSection[] {
  const sections: ReportSection[] = [];
  if (verdict.findings.length > 0) {
    const rest = verdict.findings.length - shown;
    sections.push({
      kind: 'table',
      heading: `Scan findings (${verdict.findings.length})${rest > 0 ? `, the worst ${shown}` : ''}`,
      columns: ['severity', 'finding', 'package', 'fixed in', 'platforms', ''],
      rows: verdict.findings
        .slice(0, shown)
        .map((each) => [
          each.severity,
          each.name,
          each.package,
          each.fixedIn ?? '',
          each.platforms.join(', '),
          each.ignored !== undefined ? `ignored until ${each.ignored.until}` : each.blocks ? 'counts' : '',
        ]),
    });
  }
  if (verdict.expired.length > 0) {
    sections.push({
      kind: 'table',
      heading: 'No longer ignored',
      columns: ['finding', 'was ignored until'],
      rows: verdict.expired.map((each) => [each.name, each.until]),
    });
  }
  if (verdict.incomplete.length > 0) {
    sections.push({ kind: 'text', heading: 'Without a result', text: verdict.incomplete.join('\n') });
  }
  return sections;
}
