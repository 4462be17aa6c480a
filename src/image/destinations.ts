/** Other registries of the same image: further regions and accounts to push to, and where an image is taken from. */
import { parseEcrHost } from '../aws/ecr-image-name.ts';
import { type EcrLogin, readEcrLogin } from '../aws/ecr-login.ts';
import { withRetries } from '../aws/retry.ts';
import type { ImageSource, PushDestination } from '../inputs/image-places.ts';
import { ImageError } from './build-error.ts';
import type { BuildJob, Job } from './job.ts';
import type { RegistryClient } from './registry/client.ts';
import { copyImage } from './registry/copy.ts';
import { createRegistries, type Registries } from './registry/registries.ts';
import { findOrMakeRepository } from './repository.ts';
import type { PushedImage } from './result.ts';
import { readTextFile } from './work-folder.ts';

/** Logs in, with the password masked before anything else is done with it. */
export async function logIn(job: Job): Promise<EcrLogin> {
  const { runner } = job.ports;
  const login = await readEcrLogin(job.aws, runner.cancelled);
  runner.mask(login.password);
  // As it goes over the wire, should a registry repeat it.
  runner.mask(Buffer.from(`${login.username}:${login.password}`).toString('base64'));
  return login;
}

export function registriesOf(job: Job, login: EcrLogin, host: string | undefined, uri: string): Registries {
  return createRegistries({
    login,
    overrideHost: host,
    repositoryUri: uri,
    dockerConfig: readTextFile(`${job.ports.dockerFolder}/config.json`),
    attempts: job.request.pushAttempts,
    clock: job.ports.clock,
    random: job.ports.random,
    signal: job.ports.runner.cancelled,
    onRetry: (message) => job.event('image.retry', 'warning', message),
  });
}

/** The same job with the AWS of another region. */
function jobIn(job: Job, region: string | undefined): Job {
  const { ports } = job;
  return region === undefined ? job : { ...job, aws: withRetries(ports.awsIn(region), ports) };
}

/** The registry that a source names: the job's own, one of another region or account, or any that docker knows. */
export async function sourceRegistry(job: BuildJob, source: ImageSource): Promise<RegistryClient> {
  if (source.host === undefined) return job.registries.own;
  const region = parseEcrHost(source.host)?.region;
  if (region === undefined || source.host === job.repository.uri.split('/')[0])
    return job.registries.of(source.host);
  const elsewhere = jobIn(job, region);
  return registriesOf(elsewhere, await logIn(elsewhere), source.host, source.host).own;
}

/** Copies to each destination and reads every tag back. Answers the references by digest. */
export async function pushEverywhere(
  job: BuildJob,
  image: PushedImage,
  destinations: readonly PushDestination[],
): Promise<readonly string[]> {
  const references: string[] = [];
  for (const { host, region, repository = job.plan.repository } of destinations) {
    const there = jobIn(job, region);
    const login = await logIn(there);
    // Repositories of other accounts are theirs to make.
    const own = host === undefined || new URL(login.endpoint).host === host;
    if (own) await findOrMakeRepository(there, repository, 'images');
    const { own: registry, ownHost } = registriesOf(there, login, host, `${host ?? ''}/${repository}`);
    const from = { registry: job.registries.own, repository: job.repository.name };
    const counts = await copyImage(from, { registry, repository }, image.digest, image.tags);
    for (const tag of image.tags) {
      const held = await registry.manifest(repository, tag);
      if (held?.digest !== image.digest) {
        throw new ImageError(
          'digest-differs',
          `After the copy, tag ${tag} of ${ownHost}/${repository} holds ${held?.digest ?? 'nothing'}, not ${image.digest}.`,
        );
      }
    }
    job.event(
      'image.copied',
      'info',
      `${ownHost}/${repository} holds ${image.digest}, too: ${counts.copied} blobs copied, ${counts.mounted} mounted, ${counts.present} there already.`,
    );
    references.push(`${ownHost}/${repository}@${image.digest}`);
  }
  return references;
}
