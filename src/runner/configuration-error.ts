/** The user's side has to change something: not a defect, no stack trace. Raised before any side effect. */
export class ConfigurationError extends Error {
  /** Stable, for documentation: `service-not-found`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ConfigurationError';
    this.code = code;
  }
}
