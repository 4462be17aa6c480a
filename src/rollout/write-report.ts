/** Writes the report as JSON. A disk that is full must not hide what happened: it becomes a warning. */

import type { Report } from '../report/report.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { Runner } from '../runner/runner.ts';

export async function writeReport(
  ports: { readonly runner: Runner; writeFile(path: string, text: string): Promise<void> },
  path: string | undefined,
  report: Report,
  outputs: Readonly<Record<string, string>>,
): Promise<void> {
  if (path === undefined) return;
  try {
    await ports.writeFile(path, `${JSON.stringify({ ...report, outputs }, undefined, 2)}\n`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    ports.runner.annotate('warning', error.message, { title: `${report.title}: no report file` });
  }
}
