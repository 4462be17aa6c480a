/**
 * GitHub's workflow commands and file commands, as text. Pure.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */

export interface AnnotationProperties {
  readonly title?: string;
  readonly file?: string;
  readonly startLine?: number;
}

/** `::error title=...::message`, everything escaped so that untrusted text cannot start a command. */
export function workflowCommand(
  command: string,
  message: string,
  properties: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',');
  return `::${command}${list === '' ? '' : ` ${list}`}::${escapeData(message)}`;
}

/** Lines as the runner reads them: a lone carriage return ends one, too. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

/**
 * Makes a line of free text harmless in the log: the runner takes lines that begin with `::` as commands, and
 * those of the old form, `##[`, wherever they stand in a line.
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function plainLine(line: string): string {
  return line.replace(/^(\s*)::/, '$1\u200b::').replaceAll('##[', '##\u200b[');
}

/** A `name<<delimiter` entry for GITHUB_OUTPUT and GITHUB_STATE. `delimiter` must not occur in either. */
export function fileCommandEntry(name: string, value: string, delimiter: string): string {
  if (name.includes(delimiter) || value.includes(delimiter)) {
    throw new Error(`The value of ${name} contains the delimiter of the file command.`);
  }
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
