/** A certificate authority of a test's own, by openssl. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** PEM file of its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly file: string;
  /** `days` from now; negative ones have passed. */
  issue(name: string, days?: number): Certificate;
}

export function createAuthority(folder: string): Authority {
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '3650',
    '-subj',
    '/CN=Test',
  );
  return {
    file: join(folder, 'ca.pem'),
    issue: (name, days = 3650) => {
      openssl('req', ...key, '-keyout', 'own.key', '-out', 'own.csr', '-subj', `/CN=${name}`);
      writeFileSync(join(folder, 'own.ext'), `subjectAltName=DNS:${name}\n`);
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'own.ext'];
      openssl('x509', '-req', '-in', 'own.csr', ...signed, '-days', String(days), '-out', 'own.pem');
      return {
        key: readFileSync(join(folder, 'own.key'), 'utf8'),
        cert: readFileSync(join(folder, 'own.pem'), 'utf8'),
      };
    },
  };
}
