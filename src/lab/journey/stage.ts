/**
 * The region as the journey finds it: what the guide's infrastructure makes (load balancer, listener,
 * target groups, cluster, repository, secrets, roles), with all traffic still on the EC2 host. Written as
 * plain API calls, as an infrastructure tool would make them.
 */

/** Calls the world as the account's root; throws on an error answer. */
export type Seeder = (service: string, operation: string, input: unknown) => unknown;

export const names = {
  cluster: 'ips-api-cluster',
  service: 'ips-api-service',
  serviceB: 'ips-api-service-b',
  repository: 'ips-data-acquisition-api',
  family: 'ips-api-task',
  container: 'ips-api',
  logGroup: '/ecs/ips-api',
  instanceId: 'i-0c0ffee0ec2000001',
  deployUser: 'ips-deploy',
} as const;

export interface Stage {
  readonly loadBalancerArn: string;
  readonly listenerArn: string;
  readonly targetGroups: { readonly ec2: string; readonly a: string; readonly b: string };
  readonly subnets: readonly string[];
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const targetGroupNames = {
  ec2: 'ips-api-ec2',
  a: 'ips-api-targets',
  b: 'ips-api-targets-b',
} as const;

/** Settings of the guide, health checks every 30 s, connection draining 60 s. */
function createTargetGroup(seed: Seeder, name: string, targetType: 'ip' | 'instance'): string {
  const { TargetGroups } = seed('elasticloadbalancing', 'CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-0ab1c2d3e4f500001',
    TargetType: targetType,
    HealthCheckEnabled: true,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 30,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 3,
  }) as { TargetGroups: { TargetGroupArn: string }[] };
  const arn = TargetGroups[0]!.TargetGroupArn;
  seed('elasticloadbalancing', 'ModifyTargetGroupAttributes', {
    TargetGroupArn: arn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '60' }],
  });
  return arn;
}

export function setStage(seed: Seeder, accountId: string, region: string): Stage {
  const subnets = ['subnet-0a000000000000001', 'subnet-0b000000000000002', 'subnet-0c000000000000003'];
  const { LoadBalancers } = seed('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: 'ips-api-alb',
    Subnets: subnets,
    SecurityGroups: ['sg-0a1b000000000001'],
    Scheme: 'internet-facing',
    Type: 'application',
  }) as { LoadBalancers: { LoadBalancerArn: string }[] };
  const loadBalancerArn = LoadBalancers[0]!.LoadBalancerArn;
  const targetGroups = {
    ec2: createTargetGroup(seed, targetGroupNames.ec2, 'instance'),
    a: createTargetGroup(seed, targetGroupNames.a, 'ip'),
    b: createTargetGroup(seed, targetGroupNames.b, 'ip'),
  };
  const { Listeners } = seed('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: loadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: targetGroups.ec2, Weight: 100 },
            // ECS makes no service for a group that no listener knows.
            { TargetGroupArn: targetGroups.a, Weight: 0 },
          ],
        },
      },
    ],
  }) as { Listeners: { ListenerArn: string }[] };
  seed('elasticloadbalancing', 'RegisterTargets', {
    TargetGroupArn: targetGroups.ec2,
    Targets: [{ Id: names.instanceId, Port: 5000 }],
  });
  seed('ecs', 'CreateCluster', {
    clusterName: names.cluster,
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: [
      { capacityProvider: 'FARGATE', weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 4 },
    ],
  });
  seed('logs', 'CreateLogGroup', { logGroupName: names.logGroup });
  seed('secretsmanager', 'CreateSecret', {
    Name: 'ips/db-connection',
    SecretString: 'Host=db.internal;Port=5432;Database=ips;Username=ips;Password=lab-only-password',
  });
  seed('secretsmanager', 'CreateSecret', {
    Name: 'ips/jwt-secret',
    SecretString: 'lab-only-jwt-signing-key-'.padEnd(64, 'x'),
  });
  for (const RoleName of ['ecsTaskExecutionRole', 'ecsTaskRole']) createTaskRole(seed, RoleName);
  const { accessKeyId, secretAccessKey } = createDeployUser(seed, accountId, region);
  return {
    loadBalancerArn,
    listenerArn: Listeners[0]!.ListenerArn,
    targetGroups,
    subnets,
    accessKeyId,
    secretAccessKey,
  };
}

/** A role that tasks may take: the guide's execution role and task role. */
function createTaskRole(seed: Seeder, RoleName: string): void {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  seed('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) });
}

function createDeployUser(
  seed: Seeder,
  accountId: string,
  region: string,
): { accessKeyId: string; secretAccessKey: string } {
  seed('iam', 'CreateUser', { UserName: names.deployUser });
  seed('iam', 'PutUserPolicy', {
    UserName: names.deployUser,
    PolicyName: 'deploy',
    PolicyDocument: JSON.stringify(deployPolicy(accountId, region)),
  });
  const { AccessKey } = seed('iam', 'CreateAccessKey', { UserName: names.deployUser }) as {
    AccessKey: { AccessKeyId: string; SecretAccessKey: string };
  };
  return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
}

/** What the five actions need on the guide's resources, and no more: the lab enforces it. */
function deployPolicy(accountId: string, region: string): unknown {
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${accountId}:${resource}`;
  const services = [names.service, `${names.service}-*`].map((service) => `${names.cluster}/${service}`);
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          'ecs:CreateService',
          'ecs:DescribeServices',
          'ecs:ListServiceDeployments',
          'ecs:TagResource',
          'ecs:ListTagsForResource',
          'ecs:UntagResource',
          'ecs:UpdateService',
        ],
        Resource: services.map((service) => arn('ecs', `service/${service}`)),
      },
      {
        Effect: 'Allow',
        Action: ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'],
        Resource: services.flatMap((service) => [
          arn('ecs', `service/${service}`),
          arn('ecs', `service-deployment/${service}/*`),
        ]),
      },
      {
        Effect: 'Allow',
        Action: 'ecs:DescribeServiceRevisions',
        Resource: services.flatMap((service) => [
          arn('ecs', `service/${service}`),
          arn('ecs', `service-revision/${service}/*`),
        ]),
      },
      {
        Effect: 'Allow',
        Action: ['ecs:RegisterTaskDefinition', 'ecs:TagResource', 'ecs:ListTagsForResource'],
        Resource: arn('ecs', `task-definition/${names.family}:*`),
      },
      {
        Effect: 'Allow',
        Action: [
          'ecs:DescribeTaskDefinition',
          'ecs:ListTaskDefinitions',
          'ecs:ListServices',
          'ecs:ListTasks',
          'ecs:DescribeTasks',
          'ecs:DescribeClusters',
        ],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: [
          `arn:aws:iam::${accountId}:role/ecsTaskExecutionRole`,
          `arn:aws:iam::${accountId}:role/ecsTaskRole`,
        ],
        Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      },
      { Effect: 'Allow', Action: 'elasticloadbalancing:Describe*', Resource: '*' },
      {
        Effect: 'Allow',
        Action: [
          'elasticloadbalancing:ModifyListener',
          'elasticloadbalancing:ModifyRule',
          'elasticloadbalancing:CreateRule',
          'elasticloadbalancing:DeleteRule',
          'elasticloadbalancing:AddTags',
          'elasticloadbalancing:RemoveTags',
        ],
        Resource: [
          arn('elasticloadbalancing', 'listener/app/ips-api-alb/*'),
          arn('elasticloadbalancing', 'listener-rule/app/ips-api-alb/*'),
        ],
      },
      { Effect: 'Allow', Action: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: [
          'application-autoscaling:DescribeScalableTargets',
          'application-autoscaling:DescribeScalingPolicies',
          'application-autoscaling:ListTagsForResource',
          'application-autoscaling:PutScalingPolicy',
          'application-autoscaling:RegisterScalableTarget',
          'application-autoscaling:TagResource',
          'application-autoscaling:UntagResource',
        ],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricAlarm',
        Resource: arn('cloudwatch', `alarm:TargetTracking-service/${names.cluster}/*`),
      },
      {
        Effect: 'Allow',
        Action: 'logs:GetLogEvents',
        Resource: arn('logs', `log-group:${names.logGroup}:*`),
      },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:DescribeSecret',
        Resource: arn('secretsmanager', 'secret:ips/*'),
      },
      {
        Effect: 'Allow',
        Action: 'ssm:ListTagsForResource',
        Resource: arn('ssm', 'parameter/ips/*'),
      },
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        Action: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:CompleteLayerUpload',
          'ecr:CreateRepository',
          'ecr:DescribeImages',
          'ecr:DescribeRepositories',
          'ecr:GetDownloadUrlForLayer',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:PutLifecyclePolicy',
          'ecr:UploadLayerPart',
        ],
        Resource: [arn('ecr', `repository/${names.repository}`), arn('ecr', 'repository/lab/node')],
      },
    ],
  };
}

/**
 * The guide's ECS service as its infrastructure makes it: no task yet, in the target group of service A.
 * Its first task definition is the rendered one's first revision.
 */
export function createFirstService(seed: Seeder, stage: Stage, definition: unknown): void {
  const { taskDefinition } = seed('ecs', 'RegisterTaskDefinition', definition) as {
    taskDefinition: { taskDefinitionArn: string };
  };
  seed('ecs', 'CreateService', {
    cluster: names.cluster,
    serviceName: names.service,
    taskDefinition: taskDefinition.taskDefinitionArn,
    desiredCount: 0,
    launchType: 'FARGATE',
    platformVersion: 'LATEST',
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: stage.subnets,
        securityGroups: ['sg-0a1b000000000002'],
        assignPublicIp: 'ENABLED',
      },
    },
    loadBalancers: [
      { targetGroupArn: stage.targetGroups.a, containerName: names.container, containerPort: 5000 },
    ],
    healthCheckGracePeriodSeconds: 60,
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
  });
}
