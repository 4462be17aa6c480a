/** Tags of scalable targets. */
import type {
  ListTagsForResourceRequest,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-application-auto-scaling';
import { AwsError } from '../aws-error.ts';
import type { Operation, Permission } from '../service.ts';
import { type ScalableTarget, validationError } from './model.ts';
import type { TargetState } from './target-operations.ts';

const mostTags = 50;

export function tagOperations(state: TargetState): Record<string, Operation> {
  const permission = (
    action: string,
    input: { readonly ResourceARN?: string | undefined } | undefined,
    keys: readonly string[] = [],
  ): Permission[] => [
    {
      action: `application-autoscaling:${action}`,
      resources: [input?.ResourceARN ?? '*'],
      ...(keys.length === 0 ? {} : { context: { 'aws:TagKeys': keys } }),
    },
  ];
  return {
    TagResource: {
      mutates: true,
      permissions: (input: Partial<TagResourceRequest> | undefined) =>
        permission('TagResource', input, Object.keys(input?.Tags ?? {})),
      run: (input: TagResourceRequest) => {
        const target = find(state, input.ResourceARN);
        const tags = new Map([...target.tags, ...Object.entries(input.Tags ?? {})]);
        for (const [key, value] of tags) {
          if (key.length < 1 || key.length > 128 || value.length > 256) {
            throw validationError(
              `The tag '${key}' must have a key of 1 to 128 and a value of up to 256 characters`,
            );
          }
        }
        if (tags.size > mostTags) {
          throw new AwsError('TooManyTagsException', `A resource can have up to ${mostTags} tags`);
        }
        target.tags = tags;
        return {};
      },
    },
    UntagResource: {
      mutates: true,
      permissions: (input: Partial<UntagResourceRequest> | undefined) =>
        permission('UntagResource', input, [input?.TagKeys ?? []].flat().map(String)),
      run: (input: UntagResourceRequest) => {
        const target = find(state, input.ResourceARN);
        target.tags = new Map([...target.tags].filter(([key]) => !input.TagKeys?.includes(key)));
        return {};
      },
    },
    ListTagsForResource: {
      mutates: false,
      permissions: (input: Partial<ListTagsForResourceRequest> | undefined) =>
        permission('ListTagsForResource', input),
      run: (input: ListTagsForResourceRequest) => ({
        Tags: Object.fromEntries(find(state, input.ResourceARN).tags),
      }),
    },
  };
}

function find(state: TargetState, arn: string | undefined): ScalableTarget {
  const found = [...state.targets.values()].find((target) => target.arn === arn);
  if (found === undefined) {
    throw new AwsError('ResourceNotFoundException', `The resource '${arn ?? ''}' was not found`);
  }
  return found;
}
