/**
 * What IAM has to allow for each operation: a new operation needs one row here, most often an empty one.
 * Resource types and condition keys are those of AWS's service authorization reference; the policies in
 * docs/iam are made of this table and of that dataset (`npm run docs`), and name what each action calls.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import type { AwsOperation } from './operations.ts';

export interface Grant {
  /** IAM's name for it where it is not the operation's own. */
  readonly action?: string;
  /** Resource types of the dataset; left out: all that the dataset has for the action. */
  readonly on?: readonly string[];
  /** What stands in its ARNs where it is not the usual word, by the dataset's name for it. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
  /** `*` although the dataset has resource types: why. */
  readonly anyBecause?: string;
  /** Operator, key, value: narrows further. Words in capitals are the reader's to replace. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const inCluster: Grant = {
  // The dataset's resource is a container instance, which a listing by service does not name.
  anyBecause: 'tasks are listed by service, and the resource type of the listing is a container instance',
  condition: { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:REGION:ACCOUNT:cluster/CLUSTER' } },
};

/**
 * What is made with `tags` is tagged as it is made, which is a permission of its own.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
 */
const tagAtCreation = (type: string, by: string): Grant => ({
  action: 'ecs:TagResource',
  on: [type],
  condition: { StringEquals: { 'ecs:CreateAction': by } },
});

const passRoles: Grant = {
  action: 'iam:PassRole',
  condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
};

/** The kit works with Application Load Balancers only. */
const listeners: Grant = { on: ['listener/app'] };
const rules: Grant = { on: ['listener-rule/app'] };

/** Images are pulled that are built upon, too. */
const pulls: Grant = { words: { RepositoryName: ['REPOSITORY', 'BASE_REPOSITORY'] } };

export const permissions: Readonly<Record<AwsOperation, readonly Grant[]>> = {
  'ecs:CreateService': [{}, tagAtCreation('service', 'CreateService')],
  'ecs:DescribeClusters': [{}],
  'ecs:DescribeServiceDeployments': [{}],
  'ecs:DescribeServiceRevisions': [{}],
  'ecs:DescribeServices': [{}],
  'ecs:DescribeTaskDefinition': [{}],
  'ecs:DescribeTasks': [{}],
  'ecs:GetTaskProtection': [{}],
  'ecs:ListServiceDeployments': [{}],
  'ecs:ListServices': [{ condition: inCluster.condition! }],
  // Of all that has tags the kit reads and writes those of revisions only, and writes no others than its own.
  'ecs:ListTagsForResource': [{ on: ['task-definition'] }],
  'ecs:ListTaskDefinitions': [{}],
  'ecs:ListTasks': [inCluster],
  'ecs:RegisterTaskDefinition': [{}, tagAtCreation('task-definition', 'RegisterTaskDefinition'), passRoles],
  // Roles are passed where overrides name some, which the kit's never do.
  'ecs:RunTask': [{ condition: inCluster.condition! }],
  'ecs:StopServiceDeployment': [{}],
  'ecs:StopTask': [{}],
  'ecs:TagResource': [
    { on: ['task-definition'], condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ips-deploy:*' } } },
  ],
  'ecs:UpdateService': [{}],
  'elasticloadbalancing:DescribeListeners': [{}],
  'elasticloadbalancing:DescribeLoadBalancers': [{}],
  'elasticloadbalancing:DescribeRules': [{}],
  'elasticloadbalancing:DescribeTags': [
    { anyBecause: 'rules are found by reading, and their ids are not known before' },
  ],
  'elasticloadbalancing:DescribeTargetGroups': [{}],
  'elasticloadbalancing:DescribeTargetGroupAttributes': [{}],
  'elasticloadbalancing:DescribeTargetHealth': [{}],
  // The test rule says what its shift has come to, in tags of the kit's own.
  'elasticloadbalancing:AddTags': [
    {
      on: ['listener-rule/app'],
      condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ips-deploy:*' } },
    },
  ],
  // The test rule carries the kit's own tags as it is made: that is AddTags as above.
  'elasticloadbalancing:CreateRule': [listeners],
  'elasticloadbalancing:DeleteRule': [rules],
  'elasticloadbalancing:ModifyListener': [listeners],
  'elasticloadbalancing:ModifyRule': [rules],
  'cloudwatch:DescribeAlarms': [
    {
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
      anyBecause: 'composite alarms are described only to a permission that is scoped to *',
    },
  ],
  'cloudwatch:GetMetricData': [
    {
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-identity-based-access-control-cw.html
      anyBecause: 'metrics have no ARN; the resource type of the dataset is for datasets of OpenTelemetry',
    },
  ],
  // The alarms that drive step scaling are the user's own; those of a twin carry its name.
  'cloudwatch:PutMetricAlarm': [{ on: ['alarm'], words: { AlarmName: ['*GREEN_SERVICE*'] } }],
  'application-autoscaling:DescribeScalableTargets': [{}],
  'application-autoscaling:RegisterScalableTarget': [
    {
      condition: {
        StringEquals: {
          'application-autoscaling:service-namespace': 'ecs',
          'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
        },
      },
    },
  ],
  'application-autoscaling:DescribeScalingPolicies': [{}],
  'application-autoscaling:DescribeScheduledActions': [{}],
  'application-autoscaling:PutScheduledAction': [{}],
  'application-autoscaling:ListTagsForResource': [{}],
  // The alarms of target tracking are made in the name of the caller.
  // https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
  'application-autoscaling:PutScalingPolicy': [
    {},
    {
      action: 'cloudwatch:PutMetricAlarm',
      on: ['alarm'],
      words: {
        AlarmName: [
          'TargetTracking-service/CLUSTER/SERVICE-*',
          'TargetTracking-service/CLUSTER/GREEN_SERVICE-*',
        ],
      },
    },
  ],
  // How a target scaled before the shift is noted on it, and taken off again.
  'application-autoscaling:TagResource': [
    { condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ips-deploy:*' } } },
  ],
  'application-autoscaling:UntagResource': [
    { condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ips-deploy:*' } } },
  ],
  'ecr:BatchDeleteImage': [{}],
  'ecr:BatchGetImage': [{}],
  'ecr:CreateRepository': [{}],
  'ecr:DescribeImageScanFindings': [{}],
  'ecr:DescribeImages': [{}],
  'ecr:DescribeRepositories': [{}],
  // The token is what pushes and pulls: the registry asks for these in the name of whoever got it.
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  'ecr:GetAuthorizationToken': [
    {},
    { ...pulls, action: 'ecr:BatchCheckLayerAvailability' },
    { ...pulls, action: 'ecr:BatchGetImage' },
    { ...pulls, action: 'ecr:GetDownloadUrlForLayer' },
    { action: 'ecr:CompleteLayerUpload' },
    { action: 'ecr:InitiateLayerUpload' },
    { action: 'ecr:PutImage' },
    { action: 'ecr:UploadLayerPart' },
  ],
  'ecr:ListImages': [{}],
  'ecr:PutImage': [{}],
  'ecr:PutLifecyclePolicy': [{}],
  'ecr:StartImageScan': [{}],
  'iam:GetRole': [{}],
  // Groups are looked for by the beginning of their names.
  'logs:DescribeLogGroups': [{}],
  'logs:GetLogEvents': [{}],
  'secretsmanager:DescribeSecret': [{}],
  'sns:Publish': [{}],
  'ssm:ListTagsForResource': [{ on: ['parameter'] }],
  // The trust policy of the role decides: whoever asks has no credentials yet.
  'sts:AssumeRoleWithWebIdentity': [],
  // Needs no permission, whatever the policies say.
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  'sts:GetCallerIdentity': [],
};
