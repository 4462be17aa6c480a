/**
 * Names of parameters and their ARNs.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
import { AwsError } from '../aws-error.ts';

const longestName = 1011;
const deepest = 15;

/** `/name` and `name` are one parameter; a slash within the name makes it a hierarchy, which begins with one. */
export function keyOf(name: string): string {
  return name.replace(/^\/(?=[^/]*$)/, '');
}

/** In an ARN the first slash of a hierarchy is the one behind `parameter`. */
export function resourceOf(name: string): string {
  return `parameter/${name.replace(/^\//, '')}`;
}

/** @throws AwsError ValidationException, HierarchyLevelLimitExceededException */
export function requireName(name: string): void {
  const bare = name.replace(/^\//, '');
  if (name.length > longestName || !/^[\w.-]+(\/[\w.-]+)*$/.test(bare) || /^(aws|ssm)/i.test(bare))
    throw new AwsError(
      'ValidationException',
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`,
    );
  if (bare.includes('/') && bare === name)
    throw new AwsError('ValidationException', 'Parameter name must be a fully qualified name.');
  if (bare.split('/').length > deepest)
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      `A hierarchy can have a maximum of ${deepest} levels.`,
    );
}
