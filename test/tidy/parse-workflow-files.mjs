// Parses action files and workflows as GitHub's own language services do, and prints all their problems as
// JSON: [{ "file": ..., "message": ... }]. A process of its own, because the parser's packages import JSON
// without the attribute that Node asks for: a load hook adds it.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename } from 'node:path';

registerHooks({
  load: (url, context, nextLoad) =>
    nextLoad(
      url,
      new URL(url).pathname.endsWith('.json')
        ? { ...context, format: 'json', importAttributes: { type: 'json' } }
        : context,
    ),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

const problems = [];
for (const path of process.argv.slice(2)) {
  const file = { name: path, content: readFileSync(path, 'utf8') };
  const trace = new NoOperationTraceWriter();
  const found = /^action\.ya?ml$/.test(basename(path))
    ? parseAction(file, trace).context.errors.getErrors()
    : await workflowErrors(parseWorkflow(file, trace));
  for (const error of found) problems.push({ file: path, message: error.message });
}
process.stdout.write(JSON.stringify(problems));

/** The conversion finds what the schema cannot: unknown jobs in `needs`, bad cron lines, bad references. */
async function workflowErrors({ context, value }) {
  const errors = [...context.errors.getErrors()];
  if (value === undefined) return errors;
  const template = await convertWorkflowTemplate(context, value);
  const known = new Set(errors.map((error) => error.message));
  return [
    ...errors,
    ...(template.errors ?? []).map((e) => ({ message: e.Message })).filter((e) => !known.has(e.message)),
  ];
}
