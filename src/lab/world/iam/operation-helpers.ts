/** What the operation tables of IAM share. */
import { AwsError } from '../aws-error.ts';
import type { Permission } from '../service.ts';
import type { IamService } from './iam-service.ts';

/** @throws AwsError ValidationError */
export function need(value: string | undefined, member: string): string {
  if (value === undefined || value === '')
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

export function noSuchPolicy(name: string, owner: 'role' | 'user'): AwsError {
  return new AwsError('NoSuchEntity', `The ${owner} policy with name ${name} cannot be found.`, 404);
}

/** Asks for the action on one entity: `role/Deploy`; on all of its kind where the input names none. */
export function entityPermission<Input>(
  iam: IamService,
  kind: 'role' | 'user' | 'policy',
  name: (input: Input) => string | undefined,
) {
  return (action: string) =>
    (input: Input): readonly Permission[] => [
      { action: `iam:${action}`, resources: [iam.arn(`${kind}/${name(input) ?? '*'}`)] },
    ];
}

export const onEverything = (action: string) => (): readonly Permission[] => [
  { action: `iam:${action}`, resources: ['*'] },
];
