/**
 * A Docker configuration of its own for one build: the login is in a folder that only this user may read, never in
 * an argument, and is removed after the push and again by the post step.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

const prefix = 'ips-docker-login-';

export function makeLoginFolder(
  tempDir: string,
  /** Where Docker's own configuration is. */
  original: string,
): string {
  mkdirSync(tempDir, { recursive: true });
  const folder = mkdtempSync(join(tempDir, prefix));
  // Plugins (buildx itself), builders and contexts are found beside config.json.
  for (const name of ['cli-plugins', 'buildx', 'contexts']) {
    const target = join(original, name);
    if (existsSync(target)) symlinkSync(target, join(folder, name));
  }
  return folder;
}

/** Adds the login to what the user's configuration holds, so that private base images still work. */
export function writeLogin(
  folder: string,
  host: string,
  login: { readonly username: string; readonly password: string },
  original: string,
): void {
  const path = join(original, 'config.json');
  const config = existsSync(path) ? parseConfig(readFileSync(path, 'utf8')) : {};
  writeFileSync(join(folder, 'config.json'), JSON.stringify(withLogin(config, host, login)), { mode: 0o600 });
}

export interface DockerConfig {
  readonly auths?: Readonly<Record<string, object>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Pure. A credential store or helper would hide the login given here: it may not answer for this host. */
export function withLogin(
  config: DockerConfig,
  host: string,
  login: { readonly username: string; readonly password: string },
): DockerConfig {
  const { credsStore: _, credHelpers = {}, ...others } = config;
  const { [host]: __, ...otherHelpers } = credHelpers;
  return {
    ...others,
    auths: {
      ...config.auths,
      [host]: { auth: Buffer.from(`${login.username}:${login.password}`).toString('base64') },
    },
    ...(Object.keys(otherHelpers).length === 0 ? {} : { credHelpers: otherHelpers }),
  };
}

function parseConfig(text: string): DockerConfig {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as DockerConfig) : {};
  } catch {
    return {};
  }
}

/** Links inside are removed, not what they lead to. Only folders that were made here are touched. */
export function removeLoginFolder(folder: string): void {
  if (!basename(folder).startsWith(prefix)) throw new Error(`${folder} was not made by this action`);
  rmSync(folder, { recursive: true, force: true });
}
