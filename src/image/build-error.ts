/** A build or push that cannot go on, in one sentence that says what to change. No stack trace is shown. */
import { ConfigurationError } from '../runner/configuration-error.ts';

export type ImageErrorCode =
  | 'docker-missing'
  | 'docker-daemon-down'
  | 'buildx-missing'
  | 'no-builder'
  | 'dockerfile'
  | 'dockerfile-missing'
  | 'context'
  | 'base-image-not-found'
  | 'registry-denied'
  | 'registry-network'
  | 'registry-answer'
  | 'repository-not-found'
  | 'tag-taken'
  | 'digest-differs'
  | 'platform-missing'
  | 'secret-in-image'
  | 'placeholders'
  | 'image-not-found'
  | 'disk-full'
  | 'build-failed'
  | 'cancelled';

export class ImageError extends ConfigurationError {
  /** Where in the Dockerfile, if it is the Dockerfile: shown as an annotation there. */
  readonly line: number | undefined;

  constructor(code: ImageErrorCode, message: string, line?: number) {
    super(code, message);
    this.name = 'ImageError';
    this.line = line;
  }
}
