/**
 * Every AWS operation the kit calls, by `service:Operation`, with the SDK's own types (types only: nothing
 * is loaded). An operation that is not listed here cannot be called; the IAM policies in docs/iam are
 * tested against this list.
 */
import type * as scaling from '@aws-sdk/client-application-auto-scaling';
import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type * as logs from '@aws-sdk/client-cloudwatch-logs';
import type * as ecr from '@aws-sdk/client-ecr';
import type * as ecs from '@aws-sdk/client-ecs';
import type * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import type * as iam from '@aws-sdk/client-iam';
import type * as secrets from '@aws-sdk/client-secrets-manager';
import type * as sns from '@aws-sdk/client-sns';
import type * as ssm from '@aws-sdk/client-ssm';
import type * as sts from '@aws-sdk/client-sts';

interface Op<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

export interface AwsOperations {
  'ecs:CreateService': Op<ecs.CreateServiceCommandInput, ecs.CreateServiceCommandOutput>;
  'ecs:DescribeClusters': Op<ecs.DescribeClustersCommandInput, ecs.DescribeClustersCommandOutput>;
  'ecs:DescribeServiceDeployments': Op<
    ecs.DescribeServiceDeploymentsCommandInput,
    ecs.DescribeServiceDeploymentsCommandOutput
  >;
  'ecs:DescribeServiceRevisions': Op<
    ecs.DescribeServiceRevisionsCommandInput,
    ecs.DescribeServiceRevisionsCommandOutput
  >;
  'ecs:DescribeServices': Op<ecs.DescribeServicesCommandInput, ecs.DescribeServicesCommandOutput>;
  'ecs:DescribeTaskDefinition': Op<
    ecs.DescribeTaskDefinitionCommandInput,
    ecs.DescribeTaskDefinitionCommandOutput
  >;
  'ecs:DescribeTasks': Op<ecs.DescribeTasksCommandInput, ecs.DescribeTasksCommandOutput>;
  'ecs:GetTaskProtection': Op<ecs.GetTaskProtectionCommandInput, ecs.GetTaskProtectionCommandOutput>;
  'ecs:ListServiceDeployments': Op<
    ecs.ListServiceDeploymentsCommandInput,
    ecs.ListServiceDeploymentsCommandOutput
  >;
  'ecs:ListServices': Op<ecs.ListServicesCommandInput, ecs.ListServicesCommandOutput>;
  'ecs:ListTagsForResource': Op<ecs.ListTagsForResourceCommandInput, ecs.ListTagsForResourceCommandOutput>;
  'ecs:ListTaskDefinitions': Op<ecs.ListTaskDefinitionsCommandInput, ecs.ListTaskDefinitionsCommandOutput>;
  'ecs:ListTasks': Op<ecs.ListTasksCommandInput, ecs.ListTasksCommandOutput>;
  'ecs:RegisterTaskDefinition': Op<
    ecs.RegisterTaskDefinitionCommandInput,
    ecs.RegisterTaskDefinitionCommandOutput
  >;
  'ecs:RunTask': Op<ecs.RunTaskCommandInput, ecs.RunTaskCommandOutput>;
  'ecs:StopServiceDeployment': Op<
    ecs.StopServiceDeploymentCommandInput,
    ecs.StopServiceDeploymentCommandOutput
  >;
  'ecs:StopTask': Op<ecs.StopTaskCommandInput, ecs.StopTaskCommandOutput>;
  'ecs:TagResource': Op<ecs.TagResourceCommandInput, ecs.TagResourceCommandOutput>;
  'ecs:UpdateService': Op<ecs.UpdateServiceCommandInput, ecs.UpdateServiceCommandOutput>;
  'elasticloadbalancing:DescribeListeners': Op<
    elb.DescribeListenersCommandInput,
    elb.DescribeListenersCommandOutput
  >;
  'elasticloadbalancing:DescribeLoadBalancers': Op<
    elb.DescribeLoadBalancersCommandInput,
    elb.DescribeLoadBalancersCommandOutput
  >;
  'elasticloadbalancing:DescribeRules': Op<elb.DescribeRulesCommandInput, elb.DescribeRulesCommandOutput>;
  'elasticloadbalancing:DescribeTags': Op<elb.DescribeTagsCommandInput, elb.DescribeTagsCommandOutput>;
  'elasticloadbalancing:DescribeTargetGroups': Op<
    elb.DescribeTargetGroupsCommandInput,
    elb.DescribeTargetGroupsCommandOutput
  >;
  'elasticloadbalancing:DescribeTargetGroupAttributes': Op<
    elb.DescribeTargetGroupAttributesCommandInput,
    elb.DescribeTargetGroupAttributesCommandOutput
  >;
  'elasticloadbalancing:DescribeTargetHealth': Op<
    elb.DescribeTargetHealthCommandInput,
    elb.DescribeTargetHealthCommandOutput
  >;
  'elasticloadbalancing:AddTags': Op<elb.AddTagsCommandInput, elb.AddTagsCommandOutput>;
  'elasticloadbalancing:CreateRule': Op<elb.CreateRuleCommandInput, elb.CreateRuleCommandOutput>;
  'elasticloadbalancing:DeleteRule': Op<elb.DeleteRuleCommandInput, elb.DeleteRuleCommandOutput>;
  'elasticloadbalancing:ModifyListener': Op<elb.ModifyListenerCommandInput, elb.ModifyListenerCommandOutput>;
  'elasticloadbalancing:ModifyRule': Op<elb.ModifyRuleCommandInput, elb.ModifyRuleCommandOutput>;
  'cloudwatch:DescribeAlarms': Op<
    cloudwatch.DescribeAlarmsCommandInput,
    cloudwatch.DescribeAlarmsCommandOutput
  >;
  'cloudwatch:PutMetricAlarm': Op<
    cloudwatch.PutMetricAlarmCommandInput,
    cloudwatch.PutMetricAlarmCommandOutput
  >;
  'cloudwatch:GetMetricData': Op<cloudwatch.GetMetricDataCommandInput, cloudwatch.GetMetricDataCommandOutput>;
  'application-autoscaling:DescribeScalableTargets': Op<
    scaling.DescribeScalableTargetsCommandInput,
    scaling.DescribeScalableTargetsCommandOutput
  >;
  'application-autoscaling:DescribeScheduledActions': Op<
    scaling.DescribeScheduledActionsCommandInput,
    scaling.DescribeScheduledActionsCommandOutput
  >;
  'application-autoscaling:DescribeScalingPolicies': Op<
    scaling.DescribeScalingPoliciesCommandInput,
    scaling.DescribeScalingPoliciesCommandOutput
  >;
  'application-autoscaling:ListTagsForResource': Op<
    scaling.ListTagsForResourceCommandInput,
    scaling.ListTagsForResourceCommandOutput
  >;
  'application-autoscaling:PutScheduledAction': Op<
    scaling.PutScheduledActionCommandInput,
    scaling.PutScheduledActionCommandOutput
  >;
  'application-autoscaling:PutScalingPolicy': Op<
    scaling.PutScalingPolicyCommandInput,
    scaling.PutScalingPolicyCommandOutput
  >;
  'application-autoscaling:RegisterScalableTarget': Op<
    scaling.RegisterScalableTargetCommandInput,
    scaling.RegisterScalableTargetCommandOutput
  >;
  'application-autoscaling:TagResource': Op<
    scaling.TagResourceCommandInput,
    scaling.TagResourceCommandOutput
  >;
  'application-autoscaling:UntagResource': Op<
    scaling.UntagResourceCommandInput,
    scaling.UntagResourceCommandOutput
  >;
  'ecr:BatchDeleteImage': Op<ecr.BatchDeleteImageCommandInput, ecr.BatchDeleteImageCommandOutput>;
  'ecr:BatchGetImage': Op<ecr.BatchGetImageCommandInput, ecr.BatchGetImageCommandOutput>;
  'ecr:CreateRepository': Op<ecr.CreateRepositoryCommandInput, ecr.CreateRepositoryCommandOutput>;
  'ecr:DescribeImages': Op<ecr.DescribeImagesCommandInput, ecr.DescribeImagesCommandOutput>;
  'ecr:DescribeImageScanFindings': Op<
    ecr.DescribeImageScanFindingsCommandInput,
    ecr.DescribeImageScanFindingsCommandOutput
  >;
  'ecr:DescribeRepositories': Op<ecr.DescribeRepositoriesCommandInput, ecr.DescribeRepositoriesCommandOutput>;
  'ecr:GetAuthorizationToken': Op<
    ecr.GetAuthorizationTokenCommandInput,
    ecr.GetAuthorizationTokenCommandOutput
  >;
  'ecr:StartImageScan': Op<ecr.StartImageScanCommandInput, ecr.StartImageScanCommandOutput>;
  'ecr:ListImages': Op<ecr.ListImagesCommandInput, ecr.ListImagesCommandOutput>;
  'ecr:PutImage': Op<ecr.PutImageCommandInput, ecr.PutImageCommandOutput>;
  'ecr:PutLifecyclePolicy': Op<ecr.PutLifecyclePolicyCommandInput, ecr.PutLifecyclePolicyCommandOutput>;
  'iam:GetRole': Op<iam.GetRoleCommandInput, iam.GetRoleCommandOutput>;
  'logs:DescribeLogGroups': Op<logs.DescribeLogGroupsCommandInput, logs.DescribeLogGroupsCommandOutput>;
  'logs:GetLogEvents': Op<logs.GetLogEventsCommandInput, logs.GetLogEventsCommandOutput>;
  'secretsmanager:DescribeSecret': Op<
    secrets.DescribeSecretCommandInput,
    secrets.DescribeSecretCommandOutput
  >;
  'sns:Publish': Op<sns.PublishCommandInput, sns.PublishCommandOutput>;
  'ssm:ListTagsForResource': Op<ssm.ListTagsForResourceCommandInput, ssm.ListTagsForResourceCommandOutput>;
  'sts:AssumeRoleWithWebIdentity': Op<
    sts.AssumeRoleWithWebIdentityCommandInput,
    sts.AssumeRoleWithWebIdentityCommandOutput
  >;
  'sts:GetCallerIdentity': Op<sts.GetCallerIdentityCommandInput, sts.GetCallerIdentityCommandOutput>;
}

export type AwsOperation = keyof AwsOperations;
export type AwsInput<K extends AwsOperation> = AwsOperations[K]['input'];
/** Without the SDK's own `$metadata`. */
export type AwsOutput<K extends AwsOperation> = Omit<AwsOperations[K]['output'], '$metadata'>;

export type AwsServiceName = AwsOperation extends `${infer Service}:${string}` ? Service : never;
