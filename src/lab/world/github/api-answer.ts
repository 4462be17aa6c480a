/** Answers of GitHub's REST API, and the errors it gives. */
export interface GitHubRequest {
  readonly method: string;
  /** Without the API's prefix: `/repos/o/r/deployments`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly token: string | undefined;
}

export interface GitHubAnswer {
  readonly status: number;
  /** Absent body (204): undefined. */
  readonly json: unknown;
}

export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly object[] | undefined;

  constructor(status: number, message: string, errors?: readonly object[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  get answer(): GitHubAnswer {
    const json = {
      message: this.message,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
    return { status: this.status, json };
  }
}

export const notFound = () => new GitHubError(404, 'Not Found');

/** What a body or a query must hold. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #resource: string;

  constructor(body: unknown, resource: string) {
    this.#fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    this.#resource = resource;
  }

  raw(field: string): unknown {
    return this.#fields[field];
  }

  text(field: string, fallback: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' ? value : fallback;
  }

  need(field: string): string {
    const value = this.#fields[field];
    if (typeof value === 'string' && value !== '') return value;
    const code = value === undefined || value === '' ? 'missing_field' : 'invalid';
    throw new GitHubError(422, 'Validation Failed', [{ resource: this.#resource, field, code }]);
  }

  choice(field: string, choices: readonly string[]): string {
    const value = this.need(field);
    if (choices.includes(value)) return value;
    throw new GitHubError(422, 'Validation Failed', [{ resource: this.#resource, field, code: 'invalid' }]);
  }
}
