/** Log groups, streams and their events. */
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';

export interface LogEvent {
  readonly timestampMs: number;
  readonly ingestedAtMs: number;
  readonly message: string;
  /** Unique in the group, rising. */
  readonly sequence: number;
}

export interface LogStream {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  /** In the order of their timestamps. */
  readonly events: LogEvent[];
  storedBytes: number;
}

export interface LogGroup {
  readonly name: string;
  /** Without the `:*` that some answers add. */
  readonly arn: string;
  readonly createdAtMs: number;
  retentionInDays: number | undefined;
  readonly kmsKeyId: string | undefined;
  readonly streams: Map<string, LogStream>;
  readonly tags: Map<string, string>;
}

/** Oldest events of a stream are dropped beyond this many, so that a standing lab does not grow for ever. */
const streamLimit = 100_000;

export class LogStore {
  readonly #kernel: Kernel;
  readonly #groups = new Map<string, LogGroup>();
  #sequence = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get groups(): readonly LogGroup[] {
    return [...this.#groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  hasGroup(name: string): boolean {
    return this.#groups.has(name);
  }

  createGroup(name: string, kmsKeyId: string | undefined): LogGroup {
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name))
      throw new AwsError(
        'InvalidParameterException',
        `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
      );
    if (this.#groups.has(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
    const group: LogGroup = {
      name,
      arn: this.#kernel.arn('logs', `log-group:${name}`),
      createdAtMs: this.#kernel.now,
      retentionInDays: undefined,
      kmsKeyId,
      streams: new Map(),
      tags: new Map(),
    };
    this.#groups.set(name, group);
    return group;
  }

  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  deleteGroup(name: string): void {
    this.#groups.delete(this.group(name).name);
  }

  createStream(group: LogGroup, name: string): LogStream {
    if (name === '' || name.length > 512 || /[:*]/.test(name))
      throw new AwsError(
        'InvalidParameterException',
        `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
      );
    if (group.streams.has(name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    const stream: LogStream = {
      name,
      arn: `${group.arn}:log-stream:${name}`,
      createdAtMs: this.#kernel.now,
      events: [],
      storedBytes: 0,
    };
    group.streams.set(name, stream);
    return stream;
  }

  stream(group: LogGroup, name: string): LogStream {
    const stream = group.streams.get(name);
    if (stream === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }

  append(stream: LogStream, message: string, timestampMs: number): void {
    const event = { timestampMs, ingestedAtMs: this.#kernel.now, message, sequence: this.#sequence++ };
    const { events } = stream;
    let index = events.length;
    while (index > 0 && events[index - 1]!.timestampMs > timestampMs) index--;
    events.splice(index, 0, event);
    stream.storedBytes += message.length + 26;
    if (events.length > streamLimit) events.splice(0, streamLimit / 10);
  }

  /** Events older than the group's retention are not to be seen any more. */
  visible(group: LogGroup, stream: LogStream): readonly LogEvent[] {
    if (group.retentionInDays === undefined) return stream.events;
    const oldest = this.#kernel.now - group.retentionInDays * 86_400_000;
    return stream.events.filter((event) => event.timestampMs >= oldest);
  }
}
