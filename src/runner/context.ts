/** Environment variables as values: read once at an entry, handed down from there. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The run this action is part of, as GitHub describes it. Empty texts where a variable is missing. */
export interface RunContext {
  /** `owner/name` */
  readonly repository: string;
  readonly sha: string;
  readonly ref: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly job: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly workspace: string;
  readonly tempDir: string;
  /** When the environment's AWS credentials end, epoch milliseconds; absent: it does not say. */
  readonly credentialsEndAt?: number;
}
