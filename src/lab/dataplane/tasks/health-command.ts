/**
 * Container health check commands. Most of them are one HTTP request by curl or wget: those are recognised
 * and made by the lab itself, as images without curl are common and a process has no network of its own.
 */
export type HealthCheckPlan =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'http';
      readonly port: number;
      readonly path: string;
      /** `curl` without -f is content with any answer. */
      readonly failsOnError: boolean;
    }
  | { readonly kind: 'command'; readonly command: readonly string[] };

const localUrl =
  /^["']?https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(\/[^\s"']*)?["']?$/;

export function planHealthCheck(command: readonly string[]): HealthCheckPlan {
  const [kind, ...rest] = command;
  if (kind === undefined || kind === 'NONE') return { kind: 'none' };
  const words = kind === 'CMD-SHELL' ? simpleWords(rest.join(' ')) : kind === 'CMD' ? rest : command;
  const http = words === undefined ? undefined : httpRequest(words);
  if (http !== undefined) return http;
  if (kind === 'CMD-SHELL') return { kind: 'command', command: ['/bin/sh', '-c', rest.join(' ')] };
  return { kind: 'command', command: kind === 'CMD' ? rest : command };
}

/** Words of one plain command, with or without `|| exit 1` behind it; undefined for anything richer. */
function simpleWords(line: string): readonly string[] | undefined {
  const plain = line.trim().replace(/\s*\|\|\s*(?:exit\s+\d+|false)\s*;?$/, '');
  const quiet = plain.replace(/\s*(?:\d?>>?\s*\/dev\/null|2>&1)/g, '');
  return /[|&;<>`$()]/.test(quiet) ? undefined : quiet.split(/\s+/);
}

function httpRequest(words: readonly string[]): HealthCheckPlan | undefined {
  const program = words[0]?.split('/').at(-1);
  if (program !== 'curl' && program !== 'wget') return undefined;
  const urls = words.filter((word) => localUrl.test(word));
  // Headers, methods and bodies are beyond this: the real program has to do it.
  if (urls.length !== 1 || words.some((word) => /^(-H|--header|-X|--request|-d|--data|--post)/.test(word))) {
    return undefined;
  }
  const [, port, path] = localUrl.exec(urls[0]!)!;
  const failsOnError =
    program === 'wget' || words.some((word) => word === '--fail' || /^-[a-zA-Z]*f[a-zA-Z]*$/.test(word));
  return { kind: 'http', port: Number(port ?? 80), path: path ?? '/', failsOnError };
}
