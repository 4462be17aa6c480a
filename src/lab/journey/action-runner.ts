/**
 * Runs a committed action bundle as a child process the way GitHub's runner does: INPUT_ variables with the
 * defaults of action.yml, the files behind outputs, state and summary, masks, and the post step.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readActionFile } from './action-file.ts';
import { parseFileCommands, parseWorkflowCommand } from './file-commands.ts';

export interface StepResult {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summaryMarkdown: string;
  readonly annotations: readonly {
    readonly level: string;
    readonly title: string;
    readonly message: string;
  }[];
  readonly log: readonly string[];
  /** From the start of the main process to its end, real milliseconds: the post step runs at the job's end. */
  readonly mainMs: number;
}

export interface StepOptions {
  /** Path of the action.yml. */
  readonly actionFile: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The job's environment: credentials, endpoints, GITHUB_ variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files of this step go here; made if missing. */
  readonly folder: string;
  readonly workingDirectory: string;
  /** Called for each line as it comes, masks applied. */
  readonly onLine: (line: string) => void;
  /** SIGINT, then SIGTERM 7.5 s later, then SIGKILL, as GitHub cancels a job. */
  readonly cancelled?: AbortSignal;
  readonly deadlineMs: number;
}

export async function runStep(options: StepOptions): Promise<StepResult> {
  mkdirSync(options.folder, { recursive: true });
  const action = readActionFile(options.actionFile);
  const unknown = Object.keys(options.inputs).filter((name) => action.inputs[name] === undefined);
  if (unknown.length > 0) throw new Error(`${action.name} has no input ${unknown.join(', ')}.`);
  const environment: Record<string, string> = { ...options.environment };
  for (const [name, input] of Object.entries(action.inputs)) {
    environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = options.inputs[name] ?? input.fallback;
  }
  const file = (variable: string, name: string): string => {
    const path = join(options.folder, name);
    writeFileSync(path, '');
    environment[variable] = path;
    return path;
  };
  const output = file('GITHUB_OUTPUT', 'output');
  const state = file('GITHUB_STATE', 'state');
  const summary = file('GITHUB_STEP_SUMMARY', 'summary.md');
  const masks: string[] = [];
  const log: string[] = [];
  const annotations: { level: string; title: string; message: string }[] = [];
  const onLine = (raw: string): void => {
    const command = parseWorkflowCommand(raw);
    if (command?.command === 'add-mask') {
      masks.push(command.message);
      return;
    }
    let line = raw;
    for (const mask of masks) line = line.replaceAll(mask, '***');
    const shown = parseWorkflowCommand(line);
    if (shown !== undefined && ['error', 'warning', 'notice'].includes(shown.command)) {
      annotations.push({
        level: shown.command,
        title: shown.properties['title'] ?? '',
        message: shown.message,
      });
      line = `${shown.command}: ${shown.properties['title'] === undefined ? '' : `${shown.properties['title']}: `}${shown.message}`;
    } else if (shown?.command === 'group') line = shown.message;
    else if (shown !== undefined) return;
    log.push(line);
    options.onLine(line);
  };
  const beganAt = performance.now();
  const exitCode = await runScript(action.main, environment, options, onLine);
  const mainMs = performance.now() - beganAt;
  if (action.post !== undefined) {
    const postEnvironment = { ...environment };
    for (const [name, value] of Object.entries(parseFileCommands(readFileSync(state, 'utf8')))) {
      postEnvironment[`STATE_${name}`] = value;
    }
    await runScript(action.post, postEnvironment, options, onLine);
  }
  return {
    exitCode,
    outputs: parseFileCommands(readFileSync(output, 'utf8')),
    summaryMarkdown: readFileSync(summary, 'utf8'),
    annotations,
    log,
    mainMs,
  };
}

function runScript(
  script: string,
  environment: Readonly<Record<string, string>>,
  options: StepOptions,
  onLine: (line: string) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      env: environment,
      cwd: options.workingDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timers: NodeJS.Timeout[] = [setTimeout(() => child.kill('SIGKILL'), options.deadlineMs)];
    const cancel = (): void => {
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), 7500),
        setTimeout(() => child.kill('SIGKILL'), 10_000),
      );
    };
    options.cancelled?.addEventListener('abort', cancel);
    createInterface({ input: child.stdout }).on('line', onLine);
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line));
    const end = (): void => {
      for (const timer of timers) clearTimeout(timer);
      options.cancelled?.removeEventListener('abort', cancel);
    };
    child.on('error', (error) => {
      end();
      reject(error);
    });
    child.on('close', (code) => {
      end();
      resolve(code ?? 137);
    });
  });
}
