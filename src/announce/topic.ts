/** One event to an SNS topic: JSON for programs, a text for people. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { type RetryPolicy, withRetries } from '../aws/retry.ts';
import type { Clock } from '../runner/clock.ts';
import { attributesOf, mailOf, subjectOf } from './plain-notice.ts';
import type { Deliver } from './webhook.ts';

/** Told twice is better than not told: publishing is repeated where the answer was lost. */
const policy: RetryPolicy = {
  transientBaseMs: 200,
  throttledBaseMs: 1000,
  longestPauseMs: 4000,
  totalMs: 15_000,
};

export function topic(
  arn: string,
  ports: { readonly aws: AwsCaller; readonly clock: Clock; readonly random: () => number },
): Deliver {
  const aws = withRetries(ports.aws, ports, policy);
  return async (notice, signal) => {
    const json = JSON.stringify(notice);
    const mail = mailOf(notice);
    try {
      await aws.call(
        'sns:Publish',
        {
          TopicArn: arn,
          Subject: subjectOf(notice),
          MessageStructure: 'json',
          Message: JSON.stringify({
            default: json,
            email: mail,
            sms: `${subjectOf(notice)} ${notice.run.url}`,
          }),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributesOf(notice)).map(([name, value]) => [
              name,
              { DataType: 'String', StringValue: value },
            ]),
          ),
        },
        signal,
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      return `${error.operation}: ${error.reason}`;
    }
  };
}
