/**
 * SNS: topics, who is subscribed, and what was published to them. Deliveries are kept instead of made: a test or
 * a reader of the lab sees what each subscriber got.
 * @see https://docs.aws.amazon.com/sns/latest/api/welcome.html
 */
import type {
  CreateTopicCommandInput,
  DeleteTopicCommandInput,
  GetTopicAttributesCommandInput,
  ListSubscriptionsByTopicCommandInput,
  ListTopicsCommandInput,
  PublishCommandInput,
  SubscribeCommandInput,
  UnsubscribeCommandInput,
} from '@aws-sdk/client-sns';
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import { page } from '../pagination.ts';
import type { Operation, ServiceModule } from '../service.ts';

export interface SnsMessage {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishedAtMs: number;
}

interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  /** Of people and of HTTP endpoints: they have to confirm first. */
  readonly pending: boolean;
  readonly received: SnsMessage[];
}

interface Topic {
  readonly arn: string;
  readonly subscriptions: Subscription[];
  readonly messages: SnsMessage[];
}

const protocols = new Set([
  'http',
  'https',
  'email',
  'email-json',
  'sms',
  'sqs',
  'application',
  'lambda',
  'firehose',
]);
const confirmedAtOnce = new Set(['sqs', 'lambda', 'firehose', 'application', 'sms']);
/** Bytes in UTF-8, attributes not counted here. */
const longestMessage = 262_144;
const pageSize = 100;

const invalid = (message: string): AwsError => new AwsError('InvalidParameter', message, 400);

export class SnsService implements ServiceModule {
  readonly id = 'sns';
  readonly #kernel: Kernel;
  readonly #topics = new Map<string, Topic>();
  /** Oldest messages are dropped beyond this many a topic and a subscriber. */
  messageLimit = 10_000;
  #operations: Readonly<Record<string, Operation>> | undefined;

  constructor(deps: { readonly kernel: Kernel }) {
    this.#kernel = deps.kernel;
  }

  /** Made when somebody asks: few worlds are asked about topics. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= this.#tableOfOperations();
    return this.#operations;
  }

  #tableOfOperations(): Readonly<Record<string, Operation>> {
    const arnOf = (input: { TopicArn?: string | undefined }) => input.TopicArn ?? '*';
    return {
      CreateTopic: operation(
        'CreateTopic',
        true,
        (input: CreateTopicCommandInput) => this.#kernel.arn('sns', input.Name ?? '*'),
        (input: CreateTopicCommandInput) => this.#create(input),
      ),
      DeleteTopic: operation('DeleteTopic', true, arnOf, (input: DeleteTopicCommandInput) => {
        this.#topics.delete(input.TopicArn ?? '');
        return {};
      }),
      ListTopics: operation(
        'ListTopics',
        false,
        () => '*',
        (input: ListTopicsCommandInput) => {
          const { items, nextToken } = page([...this.#topics.values()], input.NextToken, pageSize);
          return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), NextToken: nextToken };
        },
      ),
      GetTopicAttributes: operation(
        'GetTopicAttributes',
        false,
        arnOf,
        (input: GetTopicAttributesCommandInput) => this.#attributes(this.#topic(input.TopicArn)),
      ),
      Subscribe: operation('Subscribe', true, arnOf, (input: SubscribeCommandInput) =>
        this.#subscribe(input),
      ),
      Unsubscribe: operation(
        'Unsubscribe',
        true,
        (input: UnsubscribeCommandInput) => topicOf(input.SubscriptionArn ?? '*'),
        (input: UnsubscribeCommandInput) => this.#unsubscribe(input),
      ),
      ListSubscriptionsByTopic: operation(
        'ListSubscriptionsByTopic',
        false,
        arnOf,
        (input: ListSubscriptionsByTopicCommandInput) => {
          const { subscriptions } = this.#topic(input.TopicArn);
          const { items, nextToken } = page(subscriptions, input.NextToken, pageSize);
          return { Subscriptions: items.map((each) => this.#view(each)), NextToken: nextToken };
        },
      ),
      Publish: operation(
        'Publish',
        true,
        (input: PublishCommandInput) => input.TopicArn ?? input.TargetArn ?? '*',
        (input: PublishCommandInput) => this.#publish(input),
      ),
    };
  }

  /** What was published to a topic, oldest first. */
  published(topicArn: string): readonly SnsMessage[] {
    return this.#topics.get(topicArn)?.messages ?? [];
  }

  /** ARNs of all topics, with what was published to each. */
  get topics(): Readonly<Record<string, readonly SnsMessage[]>> {
    return Object.fromEntries([...this.#topics.values()].map(({ arn, messages }) => [arn, messages]));
  }

  /** What a subscriber got, oldest first: none while its subscription is not confirmed. */
  received(topicArn: string, endpoint: string): readonly SnsMessage[] {
    const found = this.#topics.get(topicArn)?.subscriptions.find((each) => each.endpoint === endpoint);
    return found?.received ?? [];
  }

  /** As the link in the mail does, or the GET that an endpoint makes. */
  confirm(topicArn: string, endpoint: string): void {
    const { subscriptions } = this.#topic(topicArn);
    const at = subscriptions.findIndex((each) => each.endpoint === endpoint);
    if (at < 0) throw new Error(`${endpoint} is not subscribed to ${topicArn}.`);
    subscriptions[at] = { ...subscriptions[at]!, pending: false };
  }

  #topic(arn: string | undefined): Topic {
    const topic = this.#topics.get(arn ?? '');
    if (topic !== undefined) return topic;
    if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(arn ?? ''))
      throw invalid(`Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not ${arn}`);
    throw new AwsError('NotFound', 'Topic does not exist', 404);
  }

  #create({ Name = '', Attributes = {} }: CreateTopicCommandInput) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(Name)) throw invalid('Invalid parameter: Topic Name');
    if (Attributes['FifoTopic'] === 'true') throw invalid('The lab has no FIFO topics.');
    const arn = this.#kernel.arn('sns', Name);
    if (!this.#topics.has(arn)) {
      this.#topics.set(arn, { arn, subscriptions: [], messages: [] });
      this.#kernel.record('sns.topic', arn);
    }
    return { TopicArn: arn };
  }

  #subscribe({ TopicArn, Protocol = '', Endpoint = '', ReturnSubscriptionArn }: SubscribeCommandInput) {
    const topic = this.#topic(TopicArn);
    if (!protocols.has(Protocol))
      throw invalid(`Invalid parameter: Does not support this protocol string: ${Protocol}`);
    if (Endpoint === '') throw invalid('Invalid parameter: Endpoint');
    let found = topic.subscriptions.find((each) => each.protocol === Protocol && each.endpoint === Endpoint);
    if (found === undefined) {
      const rng = this.#kernel.rng('sns.subscription');
      found = {
        arn: `${topic.arn}:${uuid((length) => rng.hex(length))}`,
        topicArn: topic.arn,
        protocol: Protocol,
        endpoint: Endpoint,
        pending: !confirmedAtOnce.has(Protocol),
        received: [],
      };
      topic.subscriptions.push(found);
    }
    const shown = found.pending && ReturnSubscriptionArn !== true ? 'pending confirmation' : found.arn;
    return { SubscriptionArn: shown };
  }

  #unsubscribe({ SubscriptionArn = '' }: UnsubscribeCommandInput) {
    const topic = this.#topics.get(topicOf(SubscriptionArn));
    const at = topic?.subscriptions.findIndex((each) => each.arn === SubscriptionArn) ?? -1;
    if (at >= 0) topic!.subscriptions.splice(at, 1);
    return {};
  }

  #publish(input: PublishCommandInput) {
    if (input.TopicArn === undefined) throw invalid('The lab publishes to topics only: TopicArn is needed.');
    const topic = this.#topic(input.TopicArn);
    const { Message = '', Subject, MessageStructure } = input;
    if (Message === '') throw invalid('Invalid parameter: Empty message');
    if (Buffer.byteLength(Message) > longestMessage) throw invalid('Invalid parameter: Message too long');
    // ASCII, one line, begun by a letter, digit or mark, fewer than 100 characters.
    if (Subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(Subject))
      throw invalid('Invalid parameter: Subject');
    const texts = MessageStructure === undefined ? undefined : textsOf(MessageStructure, Message);
    const rng = this.#kernel.rng('sns.message');
    const message: SnsMessage = {
      id: uuid((length) => rng.hex(length)),
      topicArn: topic.arn,
      subject: Subject,
      message: Message,
      attributes: Object.fromEntries(
        Object.entries(input.MessageAttributes ?? {}).map(([name, value]) => [name, value.StringValue ?? '']),
      ),
      publishedAtMs: this.#kernel.now,
    };
    this.#keep(topic.messages, message);
    for (const each of topic.subscriptions) {
      if (each.pending) continue;
      const text = texts?.[each.protocol] ?? texts?.['default'] ?? Message;
      this.#keep(each.received, { ...message, message: text });
    }
    this.#kernel.record('sns.published', topic.arn, { id: message.id, subject: Subject ?? '' });
    return { MessageId: message.id };
  }

  #keep(messages: SnsMessage[], message: SnsMessage): void {
    messages.push(message);
    if (messages.length > this.messageLimit) messages.shift();
  }

  #attributes({ arn, subscriptions }: Topic) {
    const count = (pending: boolean) =>
      String(subscriptions.filter((each) => each.pending === pending).length);
    return {
      Attributes: {
        TopicArn: arn,
        Owner: this.#kernel.config.accountId,
        SubscriptionsConfirmed: count(false),
        SubscriptionsPending: count(true),
        SubscriptionsDeleted: '0',
      },
    };
  }

  #view({ arn, topicArn, protocol, endpoint, pending }: Subscription) {
    return {
      SubscriptionArn: pending ? 'PendingConfirmation' : arn,
      TopicArn: topicArn,
      Protocol: protocol,
      Endpoint: endpoint,
      Owner: this.#kernel.config.accountId,
    };
  }
}

function operation<Input>(
  name: string,
  mutates: boolean,
  resource: (input: Input) => string,
  run: (input: Input) => unknown,
): Operation {
  return {
    mutates,
    permissions: (input: Input) => [{ action: `sns:${name}`, resources: [resource(input)] }],
    run,
  };
}

/** Texts by protocol, `default` among them. */
function textsOf(structure: string, message: string): Readonly<Record<string, string>> {
  if (structure !== 'json') throw invalid('Invalid parameter: MessageStructure');
  const bad = (why: string) => invalid(`Invalid parameter: Message Structure - ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw bad('JSON message body failed to parse');
  }
  const texts = Object.entries(parsed ?? {}).filter(([, text]) => typeof text === 'string');
  const byProtocol = Object.fromEntries(texts) as Record<string, string>;
  if (byProtocol['default'] === undefined) throw bad('No default entry in JSON message body');
  return byProtocol;
}

/** A subscription's ARN is its topic's and an id. */
function topicOf(subscriptionArn: string): string {
  return subscriptionArn.split(':').slice(0, 6).join(':');
}

function uuid(hex: (length: number) => string): string {
  return [8, 4, 4, 4, 12].map(hex).join('-');
}
