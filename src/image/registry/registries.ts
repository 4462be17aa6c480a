/** The registries of one build: the account's own, and those the base images come from. */
import type { EcrLogin } from '../../aws/ecr-login.ts';
import { RegistryClient, type RegistryCredentials, type RegistryOptions } from './client.ts';
import { registryUrl } from './reference.ts';

export interface Registries {
  /** Where the image goes. */
  readonly own: RegistryClient;
  /** `host[:port]` of it, as docker names it. */
  readonly ownHost: string;
  of(host: string): RegistryClient;
}

export interface RegistriesOptions extends Omit<RegistryOptions, 'url' | 'credentials'> {
  readonly login: EcrLogin;
  /** The `registry` input. */
  readonly overrideHost: string | undefined;
  /** The name ECS pulls by: base images named like it come from the same registry. */
  readonly repositoryUri: string;
  /** Docker's own config.json, for logins of other registries; undefined where there is none. */
  readonly dockerConfig: string | undefined;
}

export function createRegistries(options: RegistriesOptions): Registries {
  const { login, overrideHost } = options;
  const url = new URL(overrideHost === undefined ? login.endpoint : registryUrl(overrideHost)).origin;
  const own = new RegistryClient({ ...options, url, credentials: login });
  const ownHost = new URL(url).host;
  const ownHosts = new Set([ownHost, options.repositoryUri.split('/')[0]!, new URL(login.endpoint).host]);
  const others = new Map<string, RegistryClient>();
  return {
    own,
    ownHost,
    of: (host) => {
      if (ownHosts.has(host)) return own;
      let client = others.get(host);
      if (client === undefined) {
        const credentials = dockerLogin(options.dockerConfig ?? '{}', host);
        client = new RegistryClient({
          ...options,
          url: registryUrl(host),
          ...(credentials === undefined ? {} : { credentials }),
        });
        others.set(host, client);
      }
      return client;
    },
  };
}

/** A login that `docker login` left in its configuration (not in a credential store). Pure. */
export function dockerLogin(config: string, host: string): RegistryCredentials | undefined {
  const names =
    host === 'registry-1.docker.io'
      ? ['https://index.docker.io/v1/', 'docker.io', host]
      : [host, `https://${host}`];
  try {
    const { auths = {} } = JSON.parse(config) as { auths?: Record<string, { auth?: string }> };
    for (const name of names) {
      const decoded = Buffer.from(auths[name]?.auth ?? '', 'base64').toString('utf8');
      const at = decoded.indexOf(':');
      if (at > 0) return { username: decoded.slice(0, at), password: decoded.slice(at + 1) };
    }
  } catch {
    // An unreadable configuration has no login for us.
  }
  return undefined;
}
