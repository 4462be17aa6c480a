import { describe, expect, test } from '@jest/globals';
import { cbor } from '@smithy/core/cbor';
import { type ErrorOrigin, errorAnswer } from '../../../../src/lab/wire/error-answer.ts';
import type { Protocol } from '../../../../src/lab/wire/identify.ts';
import { services } from '../../../../src/lab/wire/services.ts';
import { AwsError } from '../../../../src/lab/world/aws-error.ts';

function answer(protocol: Protocol, id: string, error: AwsError, origin: ErrorOrigin = 'service') {
  const service = services.find((candidate) => candidate.id === id);
  return errorAnswer(protocol, service, error, 'request-1', origin);
}

describe('JSON', () => {
  test('a modelled error has its name, message and members', () => {
    const error = new AwsError('ConflictException', 'Busy.', 400, { resourceIds: ['a'], nope: 1 });
    expect(answer('json-1.1', 'ecs', error)).toEqual({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'ConflictException' },
      body: '{"__type":"ConflictException","resourceIds":["a"],"message":"Busy."}',
    });
  });

  test('the message has the name that the model gives it', () => {
    const error = new AwsError('ResourceNotFoundException', 'No such secret.');
    expect(answer('json-1.1', 'secretsmanager', error).body).toContain('"Message":"No such secret."');
  });

  test('a status of the model stands where the world gave none, and gives way where it did', () => {
    expect(answer('json-1.1', 'ecs', new AwsError('ServerException', 'x')).status).toBe(500);
    expect(answer('json-1.1', 'ecs', new AwsError('ServerException', 'x', 503)).status).toBe(503);
    expect(answer('json-1.1', 'ecs', new AwsError('ServiceUnavailable', 'x', 503)).status).toBe(503);
  });

  test('CloudWatch adds the code of the Query protocol', () => {
    const { status, headers, body } = answer(
      'json-1.0',
      'cloudwatch',
      new AwsError('DashboardNotFoundError', 'x'),
    );
    expect(status).toBe(404);
    expect(headers['x-amzn-query-error']).toBe('ResourceNotFound;Sender');
    expect(body).toContain('"__type":"com.amazonaws.cloudwatch#DashboardNotFoundError"');
    const server = answer('json-1.0', 'cloudwatch', new AwsError('InternalFailure', 'x', 500));
    expect(server.headers['x-amzn-query-error']).toBe('InternalFailure;Receiver');
  });
});

describe('Query', () => {
  test('the code of the model, by shape name and by code', () => {
    for (const code of ['TargetGroupNotFoundException', 'TargetGroupNotFound'])
      expect(answer('query', 'elasticloadbalancing', new AwsError(code, 'a < b'))).toEqual({
        status: 400,
        headers: { 'content-type': 'text/xml' },
        body:
          '<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type>' +
          '<Code>TargetGroupNotFound</Code><Message>a &lt; b</Message></Error><RequestId>request-1</RequestId></ErrorResponse>',
      });
  });

  test.each([
    ['AccessDeniedException', 'AccessDenied', 403, 'Sender'],
    ['ThrottlingException', 'Throttling', 400, 'Sender'],
    ['ServiceUnavailableException', 'ServiceUnavailable', 503, 'Receiver'],
    ['UnknownOperationException', 'InvalidAction', 400, 'Sender'],
  ])('%s is %s with %i', (code, queryCode, status, type) => {
    const reply = answer('query', 'elasticloadbalancing', new AwsError(code, 'x'));
    expect(reply.status).toBe(status);
    expect(reply.body).toContain(`<Type>${type}</Type><Code>${queryCode}</Code>`);
  });

  test('an expired session and an expired identity token have names of their own', () => {
    const error = new AwsError('ExpiredTokenException', 'x');
    expect(answer('query', 'sts', error, 'front')).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Code>ExpiredToken</Code>'),
    });
    expect(answer('query', 'sts', error, 'service')).toMatchObject({
      status: 400,
      body: expect.stringContaining('<Code>ExpiredTokenException</Code>'),
    });
  });
});

test('CBOR: the full name of the error', () => {
  const reply = answer('cbor', 'cloudwatch', new AwsError('DashboardNotFoundError', 'x'));
  expect(reply.headers).toMatchObject({
    'content-type': 'application/cbor',
    'smithy-protocol': 'rpc-v2-cbor',
  });
  expect(cbor.deserialize(reply.body as Uint8Array)).toEqual({
    __type: 'com.amazonaws.cloudwatch#DashboardNotFoundError',
    message: 'x',
  });
});
