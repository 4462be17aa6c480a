/**
 * IAM's shapes for the few operations that a deploy set-up needs, in the form of the SDK's schemas: the
 * client package for IAM would be the largest of all, for a handful of calls.
 * Members and requiredness follow https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */

import {
  BOOLEAN,
  INTEGER,
  type Members,
  type OperationTable,
  STRING,
  schemaParts,
  TIMESTAMP,
} from './schema-parts.ts';

const { structure, list, failure, operations } = schemaParts('com.amazonaws.iam');

const tag = structure('Tag', { Key: STRING, Value: STRING });
const tags = list('tagListType', () => tag);
const strings = list('stringList', STRING);
const role = structure(
  'Role',
  { Path: STRING, RoleName: STRING, RoleId: STRING, Arn: STRING, CreateDate: TIMESTAMP },
  { AssumeRolePolicyDocument: STRING, Description: STRING, MaxSessionDuration: INTEGER, Tags: () => tags },
);
const user = structure(
  'User',
  { Path: STRING, UserName: STRING, UserId: STRING, Arn: STRING, CreateDate: TIMESTAMP },
  { PasswordLastUsed: TIMESTAMP, Tags: () => tags },
);
const accessKey = structure(
  'AccessKey',
  { UserName: STRING, AccessKeyId: STRING, Status: STRING, SecretAccessKey: STRING },
  { CreateDate: TIMESTAMP },
);
const accessKeyMetadata = structure(
  'AccessKeyMetadata',
  {},
  { UserName: STRING, AccessKeyId: STRING, Status: STRING, CreateDate: TIMESTAMP },
);
const policy = structure(
  'Policy',
  {},
  {
    PolicyName: STRING,
    PolicyId: STRING,
    Arn: STRING,
    Path: STRING,
    DefaultVersionId: STRING,
    AttachmentCount: INTEGER,
    IsAttachable: BOOLEAN,
    Description: STRING,
    CreateDate: TIMESTAMP,
    UpdateDate: TIMESTAMP,
    Tags: () => tags,
  },
);
const policyVersion = structure(
  'PolicyVersion',
  {},
  { Document: STRING, VersionId: STRING, IsDefaultVersion: BOOLEAN, CreateDate: TIMESTAMP },
);
const attachedPolicy = structure('AttachedPolicy', {}, { PolicyName: STRING, PolicyArn: STRING });
const evaluationResult = structure(
  'EvaluationResult',
  { EvalActionName: STRING, EvalDecision: STRING },
  { EvalResourceName: STRING, MissingContextValues: () => strings },
);
const contextEntry = structure(
  'ContextEntry',
  {},
  { ContextKeyName: STRING, ContextKeyValues: () => strings, ContextKeyType: STRING },
);
const contextEntries = list('ContextEntryListType', () => contextEntry);
const evaluationResults = list('EvaluationResultsListType', () => evaluationResult);
const providerEntry = structure('OpenIDConnectProviderListEntry', {}, { Arn: STRING });

const paging: Members = { Marker: STRING, MaxItems: INTEGER };
const pagingOut: Members = { IsTruncated: BOOLEAN, Marker: STRING };
const roles = list('roleListType', () => role);
const users = list('userListType', () => user);
const keys = list('accessKeyMetadataListType', () => accessKeyMetadata);
const attached = list('attachedPoliciesListType', () => attachedPolicy);
const providers = list('OpenIDConnectProviderListType', () => providerEntry);

const table: OperationTable = {
  CreateRole: [
    { RoleName: STRING, AssumeRolePolicyDocument: STRING },
    {
      Path: STRING,
      Description: STRING,
      MaxSessionDuration: INTEGER,
      PermissionsBoundary: STRING,
      Tags: () => tags,
    },
    { Role: () => role },
  ],
  GetRole: [{ RoleName: STRING }, {}, { Role: () => role }],
  ListRoles: [{}, { PathPrefix: STRING, ...paging }, { Roles: () => roles, ...pagingOut }],
  DeleteRole: [{ RoleName: STRING }, {}, {}],
  UpdateAssumeRolePolicy: [{ RoleName: STRING, PolicyDocument: STRING }, {}, {}],
  PutRolePolicy: [{ RoleName: STRING, PolicyName: STRING, PolicyDocument: STRING }, {}, {}],
  GetRolePolicy: [
    { RoleName: STRING, PolicyName: STRING },
    {},
    { RoleName: STRING, PolicyName: STRING, PolicyDocument: STRING },
  ],
  DeleteRolePolicy: [{ RoleName: STRING, PolicyName: STRING }, {}, {}],
  ListRolePolicies: [{ RoleName: STRING }, paging, { PolicyNames: () => strings, ...pagingOut }],
  AttachRolePolicy: [{ RoleName: STRING, PolicyArn: STRING }, {}, {}],
  DetachRolePolicy: [{ RoleName: STRING, PolicyArn: STRING }, {}, {}],
  ListAttachedRolePolicies: [
    { RoleName: STRING },
    { PathPrefix: STRING, ...paging },
    { AttachedPolicies: () => attached, ...pagingOut },
  ],
  CreatePolicy: [
    { PolicyName: STRING, PolicyDocument: STRING },
    { Path: STRING, Description: STRING, Tags: () => tags },
    { Policy: () => policy },
  ],
  GetPolicy: [{ PolicyArn: STRING }, {}, { Policy: () => policy }],
  GetPolicyVersion: [{ PolicyArn: STRING, VersionId: STRING }, {}, { PolicyVersion: () => policyVersion }],
  DeletePolicy: [{ PolicyArn: STRING }, {}, {}],
  CreateUser: [{ UserName: STRING }, { Path: STRING, Tags: () => tags }, { User: () => user }],
  GetUser: [{}, { UserName: STRING }, { User: () => user }],
  ListUsers: [{}, { PathPrefix: STRING, ...paging }, { Users: () => users, ...pagingOut }],
  DeleteUser: [{ UserName: STRING }, {}, {}],
  PutUserPolicy: [{ UserName: STRING, PolicyName: STRING, PolicyDocument: STRING }, {}, {}],
  GetUserPolicy: [
    { UserName: STRING, PolicyName: STRING },
    {},
    { UserName: STRING, PolicyName: STRING, PolicyDocument: STRING },
  ],
  DeleteUserPolicy: [{ UserName: STRING, PolicyName: STRING }, {}, {}],
  ListUserPolicies: [{ UserName: STRING }, paging, { PolicyNames: () => strings, ...pagingOut }],
  CreateAccessKey: [{}, { UserName: STRING }, { AccessKey: () => accessKey }],
  DeleteAccessKey: [{ AccessKeyId: STRING }, { UserName: STRING }, {}],
  ListAccessKeys: [{}, { UserName: STRING, ...paging }, { AccessKeyMetadata: () => keys, ...pagingOut }],
  CreateOpenIDConnectProvider: [
    { Url: STRING },
    { ClientIDList: () => strings, ThumbprintList: () => strings, Tags: () => tags },
    { OpenIDConnectProviderArn: STRING, Tags: () => tags },
  ],
  GetOpenIDConnectProvider: [
    { OpenIDConnectProviderArn: STRING },
    {},
    {
      Url: STRING,
      ClientIDList: () => strings,
      ThumbprintList: () => strings,
      CreateDate: TIMESTAMP,
      Tags: () => tags,
    },
  ],
  ListOpenIDConnectProviders: [{}, {}, { OpenIDConnectProviderList: () => providers }],
  DeleteOpenIDConnectProvider: [{ OpenIDConnectProviderArn: STRING }, {}, {}],
  SimulatePrincipalPolicy: [
    { PolicySourceArn: STRING, ActionNames: () => strings },
    { ResourceArns: () => strings, ContextEntries: () => contextEntries, ...paging },
    { EvaluationResults: () => evaluationResults, ...pagingOut },
  ],
};

/** As a client package exports them: every operation and every error under a name of its own. */
export const iamSchemas: Readonly<Record<string, unknown>> = {
  ...operations(table),
  noSuchEntity: failure('NoSuchEntityException', 'NoSuchEntity', 404),
  entityAlreadyExists: failure('EntityAlreadyExistsException', 'EntityAlreadyExists', 409),
  malformedPolicy: failure('MalformedPolicyDocumentException', 'MalformedPolicyDocument', 400),
  deleteConflict: failure('DeleteConflictException', 'DeleteConflict', 409),
  limitExceeded: failure('LimitExceededException', 'LimitExceeded', 409),
  invalidInput: failure('InvalidInputException', 'InvalidInput', 400),
};
