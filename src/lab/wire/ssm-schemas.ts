/**
 * Systems Manager's shapes for parameters and their tags: its client would add 200 KiB to the lab, for five calls.
 * The tests of the wire send each of them through that client.
 * Members and requiredness follow https://docs.aws.amazon.com/systems-manager/latest/APIReference/.
 */
import { BOOLEAN, INTEGER, type OperationTable, STRING, schemaParts, TIMESTAMP } from './schema-parts.ts';

const { structure, list, failure, operations } = schemaParts('com.amazonaws.ssm');

const tag = structure('Tag', { Key: STRING, Value: STRING });
const tags = list('TagList', () => tag);
const names = list('ParameterNameList', STRING);
const parameter = structure(
  'Parameter',
  {},
  {
    Name: STRING,
    Type: STRING,
    Value: STRING,
    Version: INTEGER,
    Selector: STRING,
    SourceResult: STRING,
    LastModifiedDate: TIMESTAMP,
    ARN: STRING,
    DataType: STRING,
  },
);
const parameters = list('ParameterList', () => parameter);
const tagged = { ResourceType: STRING, ResourceId: STRING };

const table: OperationTable = {
  PutParameter: [
    { Name: STRING, Value: STRING },
    {
      Description: STRING,
      Type: STRING,
      KeyId: STRING,
      Overwrite: BOOLEAN,
      AllowedPattern: STRING,
      Tags: () => tags,
      Tier: STRING,
      Policies: STRING,
      DataType: STRING,
    },
    { Version: INTEGER, Tier: STRING },
  ],
  DeleteParameter: [{ Name: STRING }, {}, {}],
  GetParameters: [
    { Names: () => names },
    { WithDecryption: BOOLEAN },
    { Parameters: () => parameters, InvalidParameters: () => names },
  ],
  AddTagsToResource: [{ ...tagged, Tags: () => tags }, {}, {}],
  ListTagsForResource: [tagged, {}, { TagList: () => tags }],
};

/** As a client package exports them: every operation and every error under a name of its own. */
export const ssmSchemas: Readonly<Record<string, unknown>> = {
  ...operations(table),
  invalidResourceId: failure('InvalidResourceId', 'InvalidResourceId', 400),
  invalidResourceType: failure('InvalidResourceType', 'InvalidResourceType', 400),
  alreadyExists: failure('ParameterAlreadyExists', 'ParameterAlreadyExists', 400),
  notFound: failure('ParameterNotFound', 'ParameterNotFound', 400),
  tooDeep: failure('HierarchyLevelLimitExceededException', 'HierarchyLevelLimitExceededException', 400),
  unsupportedType: failure('UnsupportedParameterType', 'UnsupportedParameterType', 400),
  validation: failure('ValidationException', 'ValidationException', 400),
};
