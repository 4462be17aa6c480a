import { expect, test } from '@jest/globals';
import { World } from '../../../../src/lab/world/world.ts';

const TopicArn = 'arn:aws:sns:ap-south-1:123456789012:ips-api-alerts';

function setUp() {
  const world = new World();
  const must = (operation: string, input: object) => world.must('sns', operation, input);
  must('CreateTopic', { Name: 'ips-api-alerts' });
  return { world, must, publish: (input: object) => must('Publish', { TopicArn, ...input }) };
}

test('a topic made twice is one', () => {
  const { must } = setUp();
  expect(must('CreateTopic', { Name: 'ips-api-alerts' })).toEqual({ TopicArn });
  expect(must('ListTopics', {}).Topics).toEqual([{ TopicArn }]);
  expect(() => must('CreateTopic', { Name: 'a b' })).toThrow('Topic Name');
});

test('who has confirmed gets what is published from then on', () => {
  const { world, must, publish } = setUp();
  const mail = { TopicArn, Protocol: 'email', Endpoint: 'admin@example.com' };
  expect(must('Subscribe', mail)).toEqual({ SubscriptionArn: 'pending confirmation' });
  const queue = { TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:ap-south-1:123456789012:q' };
  const { SubscriptionArn } = must('Subscribe', queue);
  expect(SubscriptionArn).toMatch(new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));
  publish({ Message: 'first' });
  world.sns.confirm(TopicArn, 'admin@example.com');
  publish({ Message: 'second', Subject: 'Deployment' });
  must('Unsubscribe', { SubscriptionArn });
  publish({ Message: 'third' });
  const texts = (endpoint: string) => world.sns.received(TopicArn, endpoint).map((each) => each.message);
  expect(texts('admin@example.com')).toEqual(['second', 'third']);
  expect(must('ListSubscriptionsByTopic', { TopicArn }).Subscriptions).toMatchObject([
    { Endpoint: 'admin@example.com', Protocol: 'email' },
  ]);
  expect(world.sns.published(TopicArn).map((each) => each.message)).toEqual(['first', 'second', 'third']);
});

test.each([
  [{ Message: '' }, 'Empty message'],
  [{ Message: 'x'.repeat(262_145) }, 'Message too long'],
  [{ Message: 'ä'.repeat(131_073) }, 'Message too long'],
  [{ Message: 'x', Subject: 'x'.repeat(100) }, 'Subject'],
  [{ Message: 'x', Subject: 'two\nlines' }, 'Subject'],
  [{ Message: 'x', Subject: 'Größe' }, 'Subject'],
  [{ Message: 'x', Subject: ' x' }, 'Subject'],
  [{ Message: 'x', TopicArn: `${TopicArn}-other` }, 'Topic does not exist'],
  [{ Message: 'x', TopicArn: 'ips-api-alerts' }, 'TopicArn'],
])('%# is refused', (input, why) => {
  const { publish } = setUp();
  expect(() => publish(input)).toThrow(why);
});

test.each([
  { Message: 'x'.repeat(262_144) },
  { Message: 'ä'.repeat(131_072) },
  { Message: 'x', Subject: 'x'.repeat(99) },
])('%# is taken', (input) => {
  expect(setUp().publish(input)).toEqual({ MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});

test('each protocol gets its own text', () => {
  const { world, must, publish } = setUp();
  for (const Protocol of ['email', 'lambda', 'sms'])
    must('Subscribe', { TopicArn, Protocol, Endpoint: `to-${Protocol}` });
  world.sns.confirm(TopicArn, 'to-email');
  const send = (texts: unknown) =>
    publish({ MessageStructure: 'json', Message: typeof texts === 'string' ? texts : JSON.stringify(texts) });
  send({ default: '{}', email: 'Dear all' });
  const got = (endpoint: string) => world.sns.received(TopicArn, endpoint).map((each) => each.message);
  expect([got('to-email'), got('to-lambda'), got('to-sms')]).toEqual([['Dear all'], ['{}'], ['{}']]);
  expect(() => send({ email: 'Dear all' })).toThrow('No default entry');
  expect(() => send('no JSON')).toThrow('failed to parse');
  expect(() => send('null')).toThrow('No default entry');
});

test('publishing takes the permission for the topic', () => {
  const { world } = setUp();
  world.must('iam', 'CreateUser', { UserName: 'deploy' });
  const policy = (Resource: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sns:Publish', Resource }],
    });
  const principal = { kind: 'user', arn: 'arn:aws:iam::123456789012:user/deploy', name: 'deploy' } as const;
  const put = (arn: string) =>
    world.must('iam', 'PutUserPolicy', { UserName: 'deploy', PolicyName: 'p', PolicyDocument: policy(arn) });
  const publish = () => world.must('sns', 'Publish', { TopicArn, Message: 'x' }, principal);
  put(`${TopicArn}-other`);
  expect(publish).toThrow('not authorized to perform: sns:Publish');
  put(TopicArn);
  expect(publish()).toMatchObject({ MessageId: expect.any(String) });
});
