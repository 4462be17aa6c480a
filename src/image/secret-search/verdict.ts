/** What hits mean. Pure. */
import { ImageError } from '../build-error.ts';
import type { Job } from '../job.ts';
import type { SearchedImage } from './search-archive.ts';
import type { Hit } from './search-layer.ts';

/** Places that are named at most. */
const shown = 5;

/** Undefined where there are none. The values stay unsaid. */
function secretInImage(hits: readonly Hit[]): ImageError | undefined {
  if (hits.length === 0) return undefined;
  const places = hits
    .slice(0, shown)
    .map(({ secret, file, layer }) => `the value of ${secret} in ${file} (layer ${layer.slice(0, 19)})`);
  const more = hits.length > shown ? ` and ${hits.length - shown} more places` : '';
  return new ImageError(
    'secret-in-image',
    `The image was not pushed: it holds ${places.join(', ')}${more}. Whoever can pull it could read that. Keep the value in Secrets Manager and name it under secrets of the task definition; during the build use RUN --mount=type=secret.`,
  );
}

/** Throws ImageError where there is one; nothing was pushed yet. */
export function noSecretIn(image: SearchedImage, job: Pick<Job, 'event'>): void {
  const found = secretInImage(image.hits);
  if (found !== undefined) throw found;
  job.event('image.searched', 'info', 'None of the secrets is in the image.');
}

/** The layers that were pushed have to be those that were searched. */
export function unsearchedLayers(
  pushed: readonly string[],
  searched: ReadonlySet<string>,
): ImageError | undefined {
  const other = pushed.filter((diffId) => !searched.has(diffId));
  if (other.length === 0) return undefined;
  return new ImageError(
    'secret-in-image',
    `The build was not the same twice: ${other.length} of the layers that were pushed were not searched for secrets (${other[0]!.slice(0, 19)}). Make the Dockerfile repeatable, or build without search-for-secrets.`,
  );
}
