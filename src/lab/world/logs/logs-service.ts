/** CloudWatch Logs: the API over the store, and where the containers' output goes. */
import type {
  CreateLogGroupCommandInput,
  CreateLogStreamCommandInput,
  DeleteLogGroupCommandInput,
  DeleteLogStreamCommandInput,
  DeleteRetentionPolicyCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogStreamsCommandInput,
  FilterLogEventsCommandInput,
  GetLogEventsCommandInput,
  ListTagsForResourceCommandInput,
  PutLogEventsCommandInput,
  PutRetentionPolicyCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../aws-error.ts';
import type { FactConsumer, LogSink } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import { page } from '../pagination.ts';
import type { Operation, ServiceModule } from '../service.ts';
import type { Fact } from '../substrate.ts';
import { compileFilterPattern } from './filter-pattern.ts';
import { type LogEvent, type LogGroup, LogStore } from './log-store.ts';

const retentionDays = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export class LogsService implements ServiceModule, LogSink, FactConsumer {
  readonly id = 'logs';
  readonly #kernel: Kernel;
  readonly #store: LogStore;
  #operations: Readonly<Record<string, Operation>> | undefined;

  constructor(deps: { readonly kernel: Kernel }) {
    this.#kernel = deps.kernel;
    this.#store = new LogStore(deps.kernel);
  }

  /** Made when somebody asks: few worlds are asked about logs. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= this.#tableOfOperations();
    return this.#operations;
  }

  #tableOfOperations(): Readonly<Record<string, Operation>> {
    const write = (name: string, run: Operation['run']) => this.#operation(name, true, run);
    const read = (name: string, run: Operation['run']) => this.#operation(name, false, run);
    const store = this.#store;
    return {
      CreateLogGroup: write('CreateLogGroup', (input: CreateLogGroupCommandInput) => {
        const group = store.createGroup(input.logGroupName ?? '', input.kmsKeyId);
        for (const [key, value] of Object.entries(input.tags ?? {})) group.tags.set(key, value);
        return {};
      }),
      DescribeLogGroups: read('DescribeLogGroups', (input: DescribeLogGroupsCommandInput) =>
        this.#describeGroups(input),
      ),
      DeleteLogGroup: write('DeleteLogGroup', (input: DeleteLogGroupCommandInput) => {
        store.deleteGroup(input.logGroupName ?? '');
        return {};
      }),
      CreateLogStream: write('CreateLogStream', (input: CreateLogStreamCommandInput) => {
        store.createStream(store.group(input.logGroupName ?? ''), input.logStreamName ?? '');
        return {};
      }),
      DescribeLogStreams: read('DescribeLogStreams', (input: DescribeLogStreamsCommandInput) =>
        this.#describeStreams(input),
      ),
      DeleteLogStream: write('DeleteLogStream', (input: DeleteLogStreamCommandInput) => {
        const group = store.group(input.logGroupName ?? '');
        group.streams.delete(store.stream(group, input.logStreamName ?? '').name);
        return {};
      }),
      PutLogEvents: write('PutLogEvents', (input: PutLogEventsCommandInput) => this.#put(input)),
      GetLogEvents: read('GetLogEvents', (input: GetLogEventsCommandInput) => this.#get(input)),
      FilterLogEvents: read('FilterLogEvents', (input: FilterLogEventsCommandInput) => this.#filter(input)),
      PutRetentionPolicy: write('PutRetentionPolicy', (input: PutRetentionPolicyCommandInput) => {
        const days = input.retentionInDays ?? 0;
        if (!retentionDays.has(days))
          throw invalid(
            `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${[...retentionDays].join(', ')}]`,
          );
        store.group(input.logGroupName ?? '').retentionInDays = days;
        return {};
      }),
      DeleteRetentionPolicy: write('DeleteRetentionPolicy', (input: DeleteRetentionPolicyCommandInput) => {
        store.group(input.logGroupName ?? '').retentionInDays = undefined;
        return {};
      }),
      TagResource: write('TagResource', (input: TagResourceCommandInput) => {
        const group = this.#groupByArn(input.resourceArn);
        for (const [key, value] of Object.entries(input.tags ?? {})) group.tags.set(key, value);
        return {};
      }),
      UntagResource: write('UntagResource', (input: UntagResourceCommandInput) => {
        const group = this.#groupByArn(input.resourceArn);
        for (const key of input.tagKeys ?? []) group.tags.delete(key);
        return {};
      }),
      ListTagsForResource: read('ListTagsForResource', (input: ListTagsForResourceCommandInput) => ({
        tags: Object.fromEntries(this.#groupByArn(input.resourceArn).tags),
      })),
    };
  }

  groupExists(group: string): boolean {
    return this.#store.hasGroup(group);
  }

  /** For tasks with `awslogs-create-group`; a group that is there already stays as it is. */
  createGroup(group: string): void {
    if (!this.#store.hasGroup(group)) this.#store.createGroup(group, undefined);
  }

  append(group: string, stream: string, message: string): boolean {
    if (!this.#store.hasGroup(group)) return false;
    const found = this.#store.group(group);
    const target = found.streams.get(stream) ?? this.#store.createStream(found, stream);
    this.#store.append(target, message, this.#kernel.now);
    return true;
  }

  consume(fact: Fact): void {
    if (fact.kind === 'log') this.append(fact.group, fact.stream, fact.message);
  }

  #operation(name: string, mutates: boolean, run: Operation['run']): Operation {
    return {
      mutates,
      permissions: (
        input:
          | {
              logGroupName?: string;
              logGroupIdentifier?: string;
              logStreamName?: string;
              resourceArn?: string;
            }
          | undefined,
      ) => {
        if (name === 'DescribeLogGroups')
          return [
            {
              action: 'logs:DescribeLogGroups',
              resources: [this.#kernel.arn('logs', 'log-group::log-stream:')],
            },
          ];
        const given = input?.resourceArn ?? input?.logGroupIdentifier;
        const group =
          typeof given === 'string' && given.startsWith('arn:')
            ? given.replace(/:\*$/, '')
            : this.#kernel.arn('logs', `log-group:${input?.logGroupName ?? given ?? '*'}`);
        const stream = ['PutLogEvents', 'GetLogEvents', 'DeleteLogStream'].includes(name)
          ? (input?.logStreamName ?? '')
          : '';
        return [{ action: `logs:${name}`, resources: [`${group}:log-stream:${stream}`] }];
      },
      run,
    };
  }

  #groupByArn(arn: string | undefined): LogGroup {
    const name = /:log-group:(.+?)(?::\*)?$/.exec(arn ?? '')?.[1] ?? '';
    return this.#store.group(name);
  }

  #groupOf(input: {
    readonly logGroupName?: string | undefined;
    readonly logGroupIdentifier?: string | undefined;
  }) {
    const { logGroupIdentifier: identifier } = input;
    if (identifier?.startsWith('arn:')) return this.#groupByArn(identifier);
    return this.#store.group(input.logGroupName ?? identifier ?? '');
  }

  #describeGroups(input: DescribeLogGroupsCommandInput) {
    const { logGroupNamePrefix: prefix = '', logGroupNamePattern: pattern } = input;
    if (prefix !== '' && pattern !== undefined)
      throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
    const groups = this.#store.groups.filter(
      (group) =>
        group.name.startsWith(prefix) &&
        (pattern === undefined || group.name.toLowerCase().includes(pattern.toLowerCase())),
    );
    const { items, nextToken } = page(groups, input.nextToken, input.limit ?? 50);
    return {
      logGroups: items.map((group) => ({
        logGroupName: group.name,
        arn: `${group.arn}:*`,
        logGroupArn: group.arn,
        creationTime: group.createdAtMs,
        retentionInDays: group.retentionInDays,
        kmsKeyId: group.kmsKeyId,
        metricFilterCount: 0,
        storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.storedBytes, 0),
        logGroupClass: 'STANDARD',
      })),
      nextToken,
    };
  }

  #describeStreams(input: DescribeLogStreamsCommandInput) {
    const group = this.#groupOf(input);
    const byTime = input.orderBy === 'LastEventTime';
    if (byTime && input.logStreamNamePrefix !== undefined)
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
    const last = (events: readonly LogEvent[]) => events.at(-1)?.timestampMs;
    const streams = [...group.streams.values()].filter((stream) =>
      stream.name.startsWith(input.logStreamNamePrefix ?? ''),
    );
    streams.sort((one, other) =>
      byTime ? (last(one.events) ?? 0) - (last(other.events) ?? 0) : one.name < other.name ? -1 : 1,
    );
    if (input.descending) streams.reverse();
    const { items, nextToken } = page(streams, input.nextToken, input.limit ?? 50);
    return {
      logStreams: items.map((stream) => ({
        logStreamName: stream.name,
        arn: stream.arn,
        creationTime: stream.createdAtMs,
        firstEventTimestamp: stream.events[0]?.timestampMs,
        lastEventTimestamp: last(stream.events),
        lastIngestionTime: stream.events.at(-1)?.ingestedAtMs,
        storedBytes: 0,
      })),
      nextToken,
    };
  }

  #put(input: PutLogEventsCommandInput) {
    const group = this.#store.group(input.logGroupName ?? '');
    const stream = this.#store.stream(group, input.logStreamName ?? '');
    const events = input.logEvents ?? [];
    if (events.length === 0 || events.length > 10_000)
      throw invalid(`logEvents has ${events.length} events; 1 to 10000 are allowed.`);
    const now = this.#kernel.now;
    let tooNewFrom: number | undefined;
    let tooOldEnd: number | undefined;
    for (const [index, event] of events.entries()) {
      const at = event.timestamp ?? now;
      const before = events[index - 1]?.timestamp;
      if (before !== undefined && before > at)
        throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
      if (at > now + 2 * 3_600_000) tooNewFrom ??= index;
      else if (at < now - 14 * 86_400_000) tooOldEnd = index + 1;
      else this.#store.append(stream, event.message ?? '', at);
    }
    const rejected = tooNewFrom !== undefined || tooOldEnd !== undefined;
    return {
      nextSequenceToken: String(stream.events.length).padStart(56, '0'),
      rejectedLogEventsInfo: rejected
        ? { tooNewLogEventStartIndex: tooNewFrom, tooOldLogEventEndIndex: tooOldEnd }
        : undefined,
    };
  }

  /**
   * Tokens are positions in the stream: `f/` goes on after the last event handed out, `b/` before the first.
   * At the end of the stream the same token comes back, as AWS documents.
   */
  #get(input: GetLogEventsCommandInput) {
    const group = this.#groupOf(input);
    const stream = this.#store.stream(group, input.logStreamName ?? '');
    const from = input.startTime ?? Number.NEGATIVE_INFINITY;
    const until = input.endTime ?? Number.POSITIVE_INFINITY;
    const events = this.#store
      .visible(group, stream)
      .filter((event) => event.timestampMs >= from && event.timestampMs < until);
    const limit = input.limit ?? 10_000;
    if (limit < 1 || limit > 10_000) throw invalid(`limit is ${limit}; 1 to 10000 is allowed.`);
    let start: number;
    let end: number;
    if (input.nextToken !== undefined) {
      const parsed = /^([fb])\/(\d+)$/.exec(input.nextToken);
      if (parsed === null) throw invalid('The specified nextToken is invalid.');
      const position = Math.min(Number(parsed[2]), events.length);
      start = parsed[1] === 'f' ? position : Math.max(0, position - limit);
      end = parsed[1] === 'f' ? Math.min(events.length, position + limit) : position;
    } else if (input.startFromHead) {
      start = 0;
      end = Math.min(limit, events.length);
    } else {
      start = Math.max(0, events.length - limit);
      end = events.length;
    }
    return {
      events: events.slice(start, end).map(eventView),
      nextForwardToken: `f/${String(end).padStart(56, '0')}`,
      nextBackwardToken: `b/${String(start).padStart(56, '0')}`,
    };
  }

  #filter(input: FilterLogEventsCommandInput) {
    const group = this.#groupOf(input);
    const names = input.logStreamNames;
    if (names !== undefined && input.logStreamNamePrefix !== undefined)
      throw invalid('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
    const matches = compileFilterPattern(input.filterPattern);
    const from = input.startTime ?? Number.NEGATIVE_INFINITY;
    const until = input.endTime ?? Number.POSITIVE_INFINITY;
    const found: { readonly stream: string; readonly event: LogEvent }[] = [];
    for (const stream of group.streams.values()) {
      if (names !== undefined && !names.includes(stream.name)) continue;
      if (!stream.name.startsWith(input.logStreamNamePrefix ?? '')) continue;
      for (const event of this.#store.visible(group, stream)) {
        // FilterLogEvents includes the end time, GetLogEvents does not.
        if (event.timestampMs < from || event.timestampMs > until || !matches(event.message)) continue;
        found.push({ stream: stream.name, event });
      }
    }
    found.sort(
      (one, other) =>
        one.event.timestampMs - other.event.timestampMs || one.event.sequence - other.event.sequence,
    );
    const { items, nextToken } = page(found, input.nextToken, input.limit ?? 10_000);
    return {
      events: items.map(({ stream, event }) => ({
        logStreamName: stream,
        ...eventView(event),
        eventId: String(event.sequence).padStart(56, '0'),
      })),
      nextToken,
      searchedLogStreams: [],
    };
  }
}

function eventView(event: LogEvent) {
  return { timestamp: event.timestampMs, message: event.message, ingestionTime: event.ingestedAtMs };
}
