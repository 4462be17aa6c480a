/** A definition's text (JSON or YAML) as plain JSON, and where in it a pointer leads. Pure. */
import { isNode, LineCounter, parseDocument } from 'yaml';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { isObject, type JsonObject } from './json.ts';
import type { SourcePlace } from './problem.ts';

export function parseDefinition(path: string, text: string): JsonObject {
  const value = parseText(path, text);
  if (!isObject(value)) {
    const message = `${path} holds no task definition: an object with family and containerDefinitions is expected.`;
    throw new ConfigurationError('task-definition-file', message);
  }
  return value;
}

/** JSON first: it is stricter about types, and YAML refuses some of its white space. */
function parseText(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (/\.json$/i.test(path)) {
      throw new ConfigurationError(
        'task-definition-file',
        `${path} is not JSON: ${(error as Error).message}.`,
      );
    }
  }
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  if (first !== undefined) {
    const message = `${path} is neither JSON nor YAML: ${first.message.split('\n')[0]}.`;
    throw new ConfigurationError('task-definition-file', message.replace(/[.:]+\.$/, '.'));
  }
  // Anchors are YAML's own; what is left is JSON.
  return document.toJS({ maxAliasCount: 100 });
}

/** Where a JSON pointer leads in a definition's file, also where the definition stands inside `taskDefinition`. */
export function placeOf(file: string, text: string, pointer: string): SourcePlace | undefined {
  const isWrapped = pointer !== '' && /^\s*\{?\s*["']?taskDefinition["']?\s*:/m.test(text);
  const line = (isWrapped ? lineOf(text, `/taskDefinition${pointer}`) : undefined) ?? lineOf(text, pointer);
  return line === undefined ? undefined : { file, line };
}

/** The line (from 1) of what a JSON pointer names, or of the nearest thing above it. */
export function lineOf(text: string, pointer: string): number | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text.replaceAll('\t', ' '), { lineCounter: lines });
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (let length = path.length; length > 0; length--) {
    const steps = path.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    const node = document.getIn(steps, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
