/**
 * A Dockerfile as a list of instructions with their lines: comments, the escape directive, continuation
 * lines. What an instruction means is for others. Pure.
 * @see https://docs.docker.com/reference/dockerfile/
 */
import { ImageError } from '../build-error.ts';

export interface Instruction {
  /** Upper case. */
  readonly name: string;
  /** Everything after the name, continuation lines joined, outer blanks cut. */
  readonly rest: string;
  /** First line of the instruction, from 1. */
  readonly line: number;
}

export interface DockerfileText {
  readonly instructions: readonly Instruction[];
  readonly escapeChar: '\\' | '`';
}

export function readInstructions(text: string): DockerfileText {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const escapeChar = readEscapeDirective(lines);
  const instructions: Instruction[] = [];
  for (let index = 0; index < lines.length; index++) {
    const first = lines[index]!;
    if (first.trim() === '' || first.trimStart().startsWith('#')) continue;
    const line = index + 1;
    let joined = first;
    while (endsInEscape(joined, escapeChar)) {
      joined = joined.trimEnd().slice(0, -1);
      index++;
      // Comments and blank lines between continued lines fall away.
      while (index < lines.length && /^\s*(#|$)/.test(lines[index]!)) index++;
      if (index >= lines.length) break;
      joined += lines[index]!;
    }
    const match = /^\s*([A-Za-z]+)(?:\s+([\s\S]*))?$/.exec(joined);
    if (match === null) {
      throw new ImageError(
        'dockerfile',
        `Dockerfile line ${line}: "${joined.trim()}" is no instruction.`,
        line,
      );
    }
    const name = match[1]!.toUpperCase();
    const rest = (match[2] ?? '').trim();
    if (['RUN', 'COPY', 'ADD'].includes(name) && /<<-?["']?[A-Za-z_]/.test(rest)) {
      throw new ImageError('dockerfile', `Dockerfile line ${line}: here-documents need buildx.`, line);
    }
    instructions.push({ name, rest, line });
  }
  if (instructions.length === 0) throw new ImageError('dockerfile', 'The Dockerfile is empty.', 1);
  return { instructions, escapeChar };
}

function endsInEscape(line: string, escapeChar: string): boolean {
  return line.trimEnd().endsWith(escapeChar);
}

/** Parser directives stand in comments at the very top. */
function readEscapeDirective(lines: readonly string[]): '\\' | '`' {
  for (const line of lines) {
    const directive = /^\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$/.exec(line);
    if (directive === null) break;
    if (directive[1]!.toLowerCase() === 'escape' && directive[2] === '`') return '`';
  }
  return '\\';
}
