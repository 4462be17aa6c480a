/**
 * Systems Manager: the parameters that containers take their `secrets` from.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
 */
import type {
  AddTagsToResourceCommandInput,
  DeleteParameterCommandInput,
  GetParametersCommandInput,
  ListTagsForResourceCommandInput,
  PutParameterCommandInput,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../aws-error.ts';
import type { SecretResolver } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation, Permission, ServiceModule } from '../service.ts';
import { keyOf, requireName, resourceOf } from './parameter-name.ts';

interface Parameter {
  /** As it was made: with or without a first slash. */
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** What a secure one reads as undecrypted. */
  readonly sealed: string;
  readonly version: number;
  readonly changedAtMs: number;
  readonly tags: Map<string, string>;
}

const types = new Set(['String', 'StringList', 'SecureString']);
/** Bytes in UTF-8, of a standard parameter. */
const longestValue = 4096;
const mostNames = 10;

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

export class SsmService implements ServiceModule, SecretResolver {
  readonly id = 'ssm';
  readonly #kernel: Kernel;
  /** By `keyOf` its name. */
  readonly #parameters = new Map<string, Parameter>();
  #operations: Readonly<Record<string, Operation>> | undefined;

  constructor(deps: { readonly kernel: Kernel }) {
    this.#kernel = deps.kernel;
  }

  /** Made when somebody asks: few worlds are asked about parameters. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= this.#tableOfOperations();
    return this.#operations;
  }

  #tableOfOperations(): Readonly<Record<string, Operation>> {
    return {
      PutParameter: {
        mutates: true,
        permissions: (input: PutParameterCommandInput) => [
          this.#permission('PutParameter', [input?.Name]),
          ...(Array.isArray(input?.Tags) && input.Tags.length > 0
            ? [this.#tagging(input.Name, input.Tags)]
            : []),
        ],
        run: (input: PutParameterCommandInput) => this.#put(input),
      },
      DeleteParameter: {
        mutates: true,
        permissions: (input: DeleteParameterCommandInput) => [
          this.#permission('DeleteParameter', [input?.Name]),
        ],
        run: ({ Name = '' }: DeleteParameterCommandInput) => this.#delete(Name),
      },
      GetParameters: {
        mutates: false,
        permissions: (input: GetParametersCommandInput) => [
          this.#permission('GetParameters', Array.isArray(input?.Names) ? input.Names : []),
        ],
        run: (input: GetParametersCommandInput) => this.#get(input),
      },
      AddTagsToResource: {
        mutates: true,
        permissions: (input: AddTagsToResourceCommandInput) => [
          this.#tagging(input?.ResourceId, Array.isArray(input?.Tags) ? input.Tags : []),
        ],
        run: (input: AddTagsToResourceCommandInput) => {
          setTags(this.#tagged(input).tags, input.Tags);
          return {};
        },
      },
      ListTagsForResource: {
        mutates: false,
        permissions: (input: ListTagsForResourceCommandInput) => [
          this.#permission('ListTagsForResource', [input?.ResourceId]),
        ],
        run: (input: ListTagsForResourceCommandInput) => ({
          TagList: [...this.#tagged(input).tags].map(([Key, Value]) => ({ Key, Value })),
        }),
      },
    };
  }

  /**
   * As the agent of ECS does it by GetParameters when a task starts.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
   */
  resolveSecret(valueFrom: string) {
    const found = this.#find(valueFrom);
    return found === undefined
      ? ({ found: false, reason: `invalid ssm parameters: ${valueFrom}` } as const)
      : ({ found: true, value: found.value } as const);
  }

  #permission(operation: string, names: readonly unknown[], context?: Permission['context']): Permission {
    const resources = names.map((name) => {
      if (typeof name !== 'string') return '*';
      return name.startsWith('arn:') ? name : this.#kernel.arn('ssm', resourceOf(name));
    });
    return { action: `ssm:${operation}`, resources, ...(context === undefined ? {} : { context }) };
  }

  #tagging(name: unknown, tags: readonly { readonly Key?: string | undefined }[]): Permission {
    return this.#permission('AddTagsToResource', [name], {
      'aws:TagKeys': tags.map((tag) => String(tag?.Key)),
    });
  }

  /** By name, or by ARN of this account and region. */
  #find(nameOrArn: string): Parameter | undefined {
    if (!nameOrArn.startsWith('arn:')) return this.#parameters.get(keyOf(nameOrArn));
    return [...this.#parameters.values()].find(
      (each) => this.#kernel.arn('ssm', resourceOf(each.name)) === nameOrArn,
    );
  }

  /** Tags are found under the name as it was made, and nothing else. */
  #tagged(input: { ResourceType?: string | undefined; ResourceId?: string | undefined }): Parameter {
    const { ResourceType, ResourceId = '' } = input;
    if (ResourceType !== 'Parameter') throw new AwsError('InvalidResourceType', '');
    const found = this.#parameters.get(keyOf(ResourceId));
    if (found?.name !== ResourceId) throw new AwsError('InvalidResourceId', '');
    return found;
  }

  #put({ Name = '', Value = '', Type, Overwrite = false, Tags }: PutParameterCommandInput) {
    requireName(Name);
    const existing = this.#parameters.get(keyOf(Name));
    if (existing !== undefined && !Overwrite)
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    if (Overwrite && Tags !== undefined && Tags.length > 0)
      throw invalid("Invalid request: tags and overwrite can't be used together.");
    const type = Type ?? existing?.type;
    if (type === undefined) throw invalid('A parameter type is required when you create a parameter.');
    if (!types.has(type))
      throw new AwsError('UnsupportedParameterType', `${type} is no type of a parameter.`);
    const bytes = Buffer.byteLength(Value);
    if (bytes === 0 || bytes > longestValue)
      throw invalid(`Standard tier parameters support a parameter value of 1 to ${longestValue} bytes.`);
    const parameter: Parameter = {
      name: existing?.name ?? Name,
      type,
      value: Value,
      sealed: Buffer.from(this.#kernel.rng('ssm.sealed').hex(64)).toString('base64'),
      version: (existing?.version ?? 0) + 1,
      changedAtMs: this.#kernel.now,
      tags: existing?.tags ?? new Map(),
    };
    setTags(parameter.tags, Tags);
    this.#parameters.set(keyOf(Name), parameter);
    this.#kernel.record('ssm.parameter', this.#kernel.arn('ssm', resourceOf(Name)), {
      version: parameter.version,
    });
    return { Version: parameter.version, Tier: 'Standard' };
  }

  #delete(name: string) {
    if (!this.#parameters.delete(keyOf(name))) throw new AwsError('ParameterNotFound', '');
    this.#kernel.record('ssm.deleted', this.#kernel.arn('ssm', resourceOf(name)));
    return {};
  }

  #get({ Names = [], WithDecryption = false }: GetParametersCommandInput) {
    if (Names.length === 0 || Names.length > mostNames)
      throw invalid(`Member must have length between 1 and ${mostNames}, inclusive: names`);
    const asked = Names.map((name) => ({ name, found: this.#find(name) }));
    const found = asked.flatMap((each) => (each.found === undefined ? [] : [each.found]));
    const byName = (one: Parameter, other: Parameter) => (one.name < other.name ? -1 : 1);
    return {
      Parameters: [...new Set(found)].sort(byName).map((each) => ({
        Name: each.name,
        Type: each.type,
        Value: each.type === 'SecureString' && !WithDecryption ? each.sealed : each.value,
        Version: each.version,
        LastModifiedDate: new Date(each.changedAtMs),
        ARN: this.#kernel.arn('ssm', resourceOf(each.name)),
        DataType: 'text',
      })),
      InvalidParameters: asked.filter((each) => each.found === undefined).map((each) => each.name),
    };
  }
}

function setTags(
  tags: Map<string, string>,
  given: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): void {
  for (const { Key, Value } of given ?? []) if (Key !== undefined) tags.set(Key, Value ?? '');
}
