/** The ports of an action for tests: what was said is kept, time stands still. */
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionPorts } from '../../../src/engine/action.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';

export interface PortsDouble extends ActionPorts {
  readonly said: string[];
  readonly annotations: { readonly level: string; readonly message: string; readonly properties: unknown }[];
  readonly masked: string[];
  readonly saved: Record<string, string>;
  readonly files: Map<string, string>;
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
}

export function createPorts(aws: AwsCaller, folder: string): PortsDouble {
  const said: string[] = [];
  const annotations: PortsDouble['annotations'] = [];
  const masked: string[] = [];
  const saved: Record<string, string> = {};
  const files = new Map<string, string>();
  return {
    aws,
    said,
    annotations,
    masked,
    saved,
    files,
    clock: { now: () => Date.UTC(2026, 0, 31, 12), sleep: async () => undefined },
    random: () => 0,
    context: {
      repository: 'acme/ips',
      sha: '0123456789abcdef0123456789abcdef01234567',
      ref: 'refs/heads/main',
      runId: '42',
      runAttempt: '1',
      job: 'build',
      actor: 'someone',
      serverUrl: 'https://github.com',
      apiUrl: 'https://api.github.com',
      workspace: folder,
      tempDir: folder,
    },
    runner: {
      info: (line) => void said.push(line),
      debug: () => undefined,
      annotate: (level, message, properties) => void annotations.push({ level, message, properties }),
      group: () => undefined,
      setOutput: () => undefined,
      saveState: (name, value) => {
        saved[name] = value;
      },
      state: (name) => saved[name] ?? '',
      summary: () => undefined,
      mask: (secret) => void masked.push(secret),
      cancelled: new AbortController().signal,
    },
    readFile: async (path) => {
      const text = files.get(path);
      if (text === undefined) throw new ConfigurationError('file-unreadable', `no file ${path}`);
      return text;
    },
    writeFile: async (path, text) => void files.set(path, text),
  };
}
