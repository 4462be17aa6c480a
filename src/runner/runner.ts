/**
 * GitHub's side as a port: what an action may say to the job it runs in. `createRunner` is the real one,
 * over the runner's files and standard output; tests make their own.
 */
import { appendFileSync } from 'node:fs';
import type { Environment } from './context.ts';
import { Redactor } from './redactor.ts';
import {
  type AnnotationProperties,
  fileCommandEntry,
  linesOf,
  plainLine,
  workflowCommand,
} from './workflow-commands.ts';

export interface Runner {
  info(line: string): void;
  debug(line: string): void;
  /** Annotations: shown on the run's page. */
  annotate(level: 'notice' | 'warning' | 'error', message: string, properties?: AnnotationProperties): void;
  group(title: string, lines: readonly string[]): void;
  setOutput(name: string, value: string): void;
  /** Kept for this action's post step (and nothing else). */
  saveState(name: string, value: string): void;
  state(name: string): string;
  /** Adds Markdown to the job summary. */
  summary(markdown: string): void;
  /** From now on this value is hidden, here and by GitHub. */
  mask(secret: string): void;
  /** Aborted when the job is cancelled (GitHub sends SIGINT, then SIGTERM 7.5 s later). */
  readonly cancelled: AbortSignal;
}

/** The real runner; what is written past it (report files) goes through `redact`. */
export interface JobRunner extends Runner {
  /** Takes out every value that was masked. */
  redact(text: string): string;
}

/** GitHub refuses step summaries over 1 MiB: longer ones are cut and say so. */
const summaryLimitBytes = 1024 * 1024 - 1024;

export function createRunner(environment: Environment, write: (text: string) => void): JobRunner {
  const redactor = new Redactor();
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => abort.abort(signal));
  }
  let summaryBytes = 0;
  const line = (text: string): void => write(`${redactor.redact(text)}\n`);
  const appendTo = (variable: string, text: string): boolean => {
    const path = environment[variable];
    if (path === undefined || path === '') return false;
    appendFileSync(path, text);
    return true;
  };
  return {
    info: (message) => {
      for (const part of linesOf(message)) line(plainLine(part));
    },
    debug: (message) => line(workflowCommand('debug', message)),
    annotate: (level, message, properties = {}) =>
      line(
        workflowCommand(level, message, {
          title: properties.title,
          file: properties.file,
          line: properties.startLine,
        }),
      ),
    group: (title, lines) => {
      line(workflowCommand('group', title));
      for (const part of lines) for (const each of linesOf(part)) line(plainLine(each));
      line('::endgroup::');
    },
    setOutput: (name, value) => {
      const clean = redactor.redact(value);
      if (!appendTo('GITHUB_OUTPUT', fileCommandEntry(name, clean, `ips_${crypto.randomUUID()}`))) {
        line(plainLine(`${name}=${clean}`));
      }
    },
    saveState: (name, value) => {
      appendTo('GITHUB_STATE', fileCommandEntry(name, value, `ips_${crypto.randomUUID()}`));
    },
    state: (name) => environment[`STATE_${name}`] ?? '',
    summary: (markdown) => {
      const text = `${redactor.redact(markdown)}\n`;
      const bytes = Buffer.byteLength(text);
      if (summaryBytes + bytes > summaryLimitBytes) {
        if (summaryBytes < summaryLimitBytes)
          appendTo('GITHUB_STEP_SUMMARY', '\n_The rest is too long for a summary: see the log._\n');
        summaryBytes = summaryLimitBytes;
        return;
      }
      summaryBytes += bytes;
      appendTo('GITHUB_STEP_SUMMARY', text);
    },
    mask: (secret) => {
      redactor.add(secret);
      for (const part of secret.split('\n'))
        if (part.trim() !== '') write(`${workflowCommand('add-mask', part.trim())}\n`);
    },
    cancelled: abort.signal,
    redact: (text) => redactor.redact(text),
  };
}
