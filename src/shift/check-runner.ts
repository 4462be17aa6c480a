/** The user's checks for real: a process on the runner, a GET request. */
import { spawn } from 'node:child_process';
import type { OwnCheck } from '../inputs/shift-request.ts';
import type { CheckResult, RunCheck } from './own-check.ts';

/** BSD's EX_TEMPFAIL: "try again later", and the way of a command to say that it could not tell. */
const inconclusiveExitCode = 75;
/** After SIGTERM a command has this long before SIGKILL. */
const killAfterMs = 2000;
const outputAtMost = 4000;
const bodyAtMost = 1_000_000;

export const runCheck: RunCheck = (check, words, signal) =>
  check.kind === 'command' ? runCommand(check, words, signal) : askUrl(check, signal);

function runCommand(
  check: OwnCheck & { kind: 'command' },
  words: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    // A group of its own: what the command starts ends with it.
    const child = spawn(check.command, {
      shell: true,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...words },
    });
    let output = '';
    let late = false;
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputAtMost);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    let killer: NodeJS.Timeout | undefined;
    const end = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), killAfterMs);
    };
    const deadline = setTimeout(() => {
      late = true;
      end();
    }, check.timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    const finish = (result: CheckResult): void => {
      clearTimeout(deadline);
      clearTimeout(killer);
      signal.removeEventListener('abort', end);
      resolve(result);
    };
    child.on('error', (error) => finish({ kind: 'failed', detail: error.message }));
    child.on('close', (code, killedBy) => {
      const said = lastLine(output);
      const told = (what: string): string => (said === '' ? what : `${what}: ${said}`);
      if (late) finish({ kind: 'failed', detail: told(`no end within ${check.timeoutMs / 1000} s`) });
      else if (code === 0) finish({ kind: 'passed' });
      else if (code === inconclusiveExitCode)
        finish({ kind: 'inconclusive', detail: told(`exit code ${code}`) });
      else
        finish({
          kind: 'failed',
          detail: told(code === null ? `ended by ${killedBy}` : `exit code ${code}`),
        });
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

async function askUrl(check: OwnCheck & { kind: 'url' }, signal: AbortSignal): Promise<CheckResult> {
  try {
    const response = await fetch(check.url, {
      redirect: 'manual',
      headers: { accept: 'application/json, */*', 'user-agent': 'ips-deploy-actions' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)]),
    });
    const body = await readBody(response);
    const { status } = response;
    if (!check.goodCodes.some(({ from, to }) => status >= from && status <= to)) {
      return { kind: 'failed', detail: `HTTP ${status}` };
    }
    return check.json === undefined ? { kind: 'passed' } : judgeJson(body, check.json);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      return { kind: 'failed', detail: `no answer within ${check.timeoutMs / 1000} s` };
    }
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    return { kind: 'failed', detail: cause?.code ?? cause?.message ?? message };
  }
}

/** At most so much of it: an endless answer is no answer. */
async function readBody(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > bodyAtMost) throw new Error('the answer is longer than 1 MB');
  }
  return text;
}

/** Pure. */
export function judgeJson(
  body: string,
  { path, value }: { readonly path: string; readonly value: string },
): CheckResult {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    return { kind: 'failed', detail: 'the answer is no JSON' };
  }
  for (const name of path.split('.')) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined;
  }
  const told = found === undefined ? 'missing' : JSON.stringify(found);
  // Text may be written without its quotes.
  const matches = found !== undefined && (told === value || found === value);
  return matches
    ? { kind: 'passed' }
    : { kind: 'failed', detail: `${path} is ${shorten(told)}, not ${value}` };
}

function lastLine(output: string): string {
  return shorten(output.trim().split('\n').at(-1)?.trim() ?? '');
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
