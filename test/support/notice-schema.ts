/** The schema that receivers of notices are given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { root } from './source-files.ts';

const schema = JSON.parse(readFileSync(join(root, 'docs/notice.schema.json'), 'utf8'));
// Alternatives say what is special about each kind; the kinds themselves stand beside them.
const validate = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
}).compile(schema);

/** What is wrong with a notice: nothing, most of the time. */
export function noticeProblems(notice: unknown): readonly string[] {
  return validate(notice)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
