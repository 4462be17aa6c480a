/** Tags of everything this service owns. */
import type {
  AddTagsInput,
  DescribeTagsInput,
  RemoveTagsInput,
  Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import type { Operation, Permission } from '../service.ts';
import {
  listenerNotFound,
  loadBalancerArnNotFound,
  required,
  ruleNotFound,
  targetGroupNotFound,
  validationError,
} from './errors.ts';
import { type Elbv2State, ruleOf } from './model.ts';

const maxTags = 50;

export function tagOperations(state: Elbv2State): Record<string, Operation> {
  return {
    AddTags: {
      mutates: true,
      permissions: (input: Partial<AddTagsInput> | undefined) => [
        {
          action: 'elasticloadbalancing:AddTags',
          resources: input?.ResourceArns ?? [],
          context: keysOf(input?.Tags),
        },
      ],
      run: (input: AddTagsInput) => {
        required(input.ResourceArns, 'ResourceArns');
        required(input.Tags, 'Tags');
        checkTags(input.Tags);
        for (const arn of input.ResourceArns!) checkResource(state, arn);
        for (const arn of input.ResourceArns!) storeTags(state, arn, input.Tags);
        return {};
      },
    },
    RemoveTags: {
      mutates: true,
      permissions: (input: Partial<RemoveTagsInput> | undefined) => [
        { action: 'elasticloadbalancing:RemoveTags', resources: input?.ResourceArns ?? [] },
      ],
      run: (input: RemoveTagsInput) => {
        required(input.ResourceArns, 'ResourceArns');
        required(input.TagKeys, 'TagKeys');
        for (const arn of input.ResourceArns!) checkResource(state, arn);
        for (const arn of input.ResourceArns!) {
          for (const key of input.TagKeys!) state.tags.get(arn)?.delete(key);
        }
        return {};
      },
    },
    DescribeTags: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeTags', resources: ['*'] }],
      run: (input: DescribeTagsInput) => {
        required(input.ResourceArns, 'ResourceArns');
        if (input.ResourceArns!.length > 20) {
          throw validationError(
            `At most '20' resources can be described at once, got '${input.ResourceArns!.length}'`,
          );
        }
        return {
          TagDescriptions: input.ResourceArns!.map((arn) => {
            checkResource(state, arn);
            const tags = [...(state.tags.get(arn) ?? [])].map(([Key, Value]) => ({ Key, Value }));
            return { ResourceArn: arn, Tags: tags };
          }),
        };
      },
    },
  };
}

/** Creating something with tags asks for AddTags on it as well (IAM: Service authorization reference). */
export function tagOnCreate(
  createAction: string,
  tags: readonly Tag[] | undefined,
  resource: string,
): readonly Permission[] {
  if (tags === undefined || tags.length === 0) return [];
  return [
    {
      action: 'elasticloadbalancing:AddTags',
      resources: [resource],
      context: { 'elasticloadbalancing:CreateAction': createAction, ...keysOf(tags) },
    },
  ];
}

/** Inputs are as they came: nothing here may throw on them. */
function keysOf(tags: readonly Tag[] | undefined): Readonly<Record<string, readonly string[]>> {
  if (!Array.isArray(tags) || tags.length === 0) return {};
  return { 'aws:TagKeys': tags.map((tag) => String(tag?.Key)) };
}

export function checkTags(tags: readonly Tag[] | undefined): void {
  const keys = new Set<string>();
  for (const tag of tags ?? []) {
    if (tag.Key === undefined || tag.Key.length === 0 || tag.Key.length > 128) {
      throw validationError(`Tag key '${tag.Key ?? ''}' must be 1 to 128 characters long`);
    }
    if (keys.has(tag.Key)) {
      throw new AwsError('DuplicateTagKeys', `A tag key was specified more than once: '${tag.Key}'`);
    }
    keys.add(tag.Key);
  }
}

export function storeTags(state: Elbv2State, arn: string, tags: readonly Tag[] | undefined): void {
  const stored = new Map(state.tags.get(arn) ?? []);
  for (const tag of tags ?? []) stored.set(tag.Key!, tag.Value ?? '');
  if (stored.size > maxTags) {
    throw new AwsError('TooManyTags', `The maximum number of tags for a resource is '${maxTags}'`);
  }
  state.tags.set(arn, stored);
}

function checkResource(state: Elbv2State, arn: string): void {
  if (arn.includes(':targetgroup/')) {
    if (!state.targetGroups.has(arn)) throw targetGroupNotFound(arn);
  } else if (arn.includes(':listener-rule/')) {
    if (ruleOf(state, arn) === undefined) throw ruleNotFound(arn);
  } else if (arn.includes(':listener/')) {
    if (!state.listeners.has(arn)) throw listenerNotFound(arn);
  } else if (arn.includes(':loadbalancer/')) {
    if (!state.loadBalancers.has(arn)) throw loadBalancerArnNotFound(arn);
  } else {
    throw validationError(`'${arn}' is not a valid load balancer, listener, rule or target group ARN`);
  }
}
