/**
 * The commands of the high-availability guide, as it prints them, in a shell against a standing lab: only
 * ids and ARNs are filled in. What the guide takes from services outside the lab gets one clear error.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const run = promisify(execFile);
const withCli = toolAvailable('AWS CLI', 'test/contract/clients') ? describe : describe.skip;

withCli('the guide, command by command', () => {
  let lab: StandingLab;

  /** One shell that stops at the first error; what it prints, each non-empty line. */
  const shell = async (script: string): Promise<readonly string[]> => {
    const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        ...lab.variables,
        AWS_PAGER: '',
        AWS_DEFAULT_OUTPUT: 'json',
      },
    });
    return stdout.split('\n').filter((line) => line.trim() !== '');
  };

  /** The standard error of a command that must fail. */
  const refused = async (command: string): Promise<string> => {
    const outcome = await shell(command).catch((error: { stderr: string }) => error);
    if (!('stderr' in outcome)) throw new Error(`It succeeded: ${command}`);
    return outcome.stderr.trim();
  };

  /** Whole numbers of type double: AWS writes 70.0, the lab 70. */
  const plainNumbers = (line: string): string => line.replace(/\.0(?=\t|$)/g, '');

  const value = async (command: string): Promise<string> => (await shell(`${command} --output text`))[0]!;

  beforeAll(async () => {
    lab = await startStandingLab();
  }, 30_000);

  afterAll(() => lab?.stop());

  test('3: repository and lifecycle policy', async () => {
    await shell(`
aws ecr create-repository \\
  --repository-name ips-data-acquisition-api \\
  --image-scanning-configuration scanOnPush=true \\
  --encryption-configuration encryptionType=AES256
aws ecr put-lifecycle-policy \\
  --repository-name ips-data-acquisition-api \\
  --lifecycle-policy-text '{
    "rules": [{
      "rulePriority": 1,
      "description": "Keep last 10 images",
      "selection": {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": 10
      },
      "action": { "type": "expire" }
    }]
  }'`);
    expect(
      await value(
        `aws ecr describe-repositories --repository-names ips-data-acquisition-api \\
          --query 'repositories[0].imageScanningConfiguration.scanOnPush'`,
      ),
    ).toBe('True');
    const policy = await value(
      `aws ecr get-lifecycle-policy --repository-name ips-data-acquisition-api --query lifecyclePolicyText`,
    );
    expect(JSON.parse(policy)).toMatchObject({ rules: [{ selection: { countNumber: 10 } }] });
  }, 60_000);

  test('4.1 to 4.4: cluster, task definition, load balancer, target group', async () => {
    await shell(`
aws ecs create-cluster \\
  --cluster-name ips-api-cluster \\
  --capacity-providers FARGATE FARGATE_SPOT \\
  --default-capacity-provider-strategy \\
    capacityProvider=FARGATE,weight=1 \\
    capacityProvider=FARGATE_SPOT,weight=4`);
    expect(
      await shell(
        `aws ecs describe-clusters --clusters ips-api-cluster --output text \\
          --query 'clusters[0].defaultCapacityProviderStrategy[].[capacityProvider,weight]'`,
      ),
    ).toEqual(['FARGATE\t1', 'FARGATE_SPOT\t4']);
    const secret = (name: string) =>
      value(`aws secretsmanager describe-secret --secret-id ips/${name} --query ARN`);
    const definition = guideTaskDefinition(
      `${lab.variables['LAB_REGISTRY']}/lab/node:24`,
      await secret('db-connection'),
      await secret('jwt-secret'),
    );
    expect(
      await value(
        `aws ecs register-task-definition --cli-input-json '${JSON.stringify(definition)}' \\
          --query taskDefinition.revision`,
      ),
    ).toBe('1');
    // The guide names two subnets here and three for the service; targets in a zone that the load
    // balancer does not serve get no traffic, so it is three.
    const existing = await value(
      `aws elbv2 describe-load-balancers --names ips-api-alb --query 'LoadBalancers[0].LoadBalancerArn'`,
    );
    expect(
      await value(`aws elbv2 create-load-balancer \\
  --name ips-api-alb \\
  --subnets subnet-0a000000000000001 subnet-0b000000000000002 subnet-0c000000000000003 \\
  --security-groups sg-0a1b000000000001 \\
  --scheme internet-facing \\
  --type application --query 'LoadBalancers[0].LoadBalancerArn'`),
    ).toBe(existing);
    await shell(`
aws elbv2 wait load-balancer-available --names ips-api-alb
aws elbv2 create-target-group \\
  --name ips-api-targets \\
  --protocol HTTP \\
  --port 5000 \\
  --vpc-id $(aws elbv2 describe-load-balancers --names ips-api-alb --query 'LoadBalancers[0].VpcId' --output text) \\
  --target-type ip \\
  --health-check-enabled \\
  --health-check-path /health \\
  --health-check-interval-seconds 30 \\
  --healthy-threshold-count 2 \\
  --unhealthy-threshold-count 3`);
  }, 60_000);

  test('4.5 and 4.6: the service, its scaling', async () => {
    await shell(`
aws ecs create-service \\
  --cluster ips-api-cluster \\
  --service-name ips-api-service \\
  --task-definition ips-api-task:1 \\
  --desired-count 3 \\
  --launch-type FARGATE \\
  --platform-version LATEST \\
  --network-configuration "awsvpcConfiguration={
    subnets=[subnet-0a000000000000001,subnet-0b000000000000002,subnet-0c000000000000003],
    securityGroups=[sg-0a1b000000000002],
    assignPublicIp=ENABLED
  }" \\
  --load-balancers "targetGroupArn=$(aws elbv2 describe-target-groups --names ips-api-targets --query 'TargetGroups[0].TargetGroupArn' --output text),containerName=ips-api,containerPort=5000" \\
  --health-check-grace-period-seconds 60 \\
  --deployment-configuration "maximumPercent=200,minimumHealthyPercent=100"
aws ecs wait services-stable --cluster ips-api-cluster --services ips-api-service`);
    // Before the policies, whose scale-in takes the idle tasks away.
    const zones = await shell(
      `aws ecs describe-tasks --cluster ips-api-cluster --output text \\
        --tasks $(aws ecs list-tasks --cluster ips-api-cluster --service-name ips-api-service --query 'taskArns[]' --output text) \\
        --query 'tasks[].[availabilityZone,healthStatus]'`,
    );
    expect([...zones].sort()).toEqual([
      'ap-south-1a\tHEALTHY',
      'ap-south-1b\tHEALTHY',
      'ap-south-1c\tHEALTHY',
    ]);
    await shell(`
aws application-autoscaling register-scalable-target \\
  --service-namespace ecs \\
  --resource-id service/ips-api-cluster/ips-api-service \\
  --scalable-dimension ecs:service:DesiredCount \\
  --min-capacity 2 \\
  --max-capacity 10
aws application-autoscaling put-scaling-policy \\
  --service-namespace ecs \\
  --resource-id service/ips-api-cluster/ips-api-service \\
  --scalable-dimension ecs:service:DesiredCount \\
  --policy-name cpu-scale-up \\
  --policy-type TargetTrackingScaling \\
  --target-tracking-scaling-policy-configuration '{
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {
      "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
    },
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300
  }'
aws application-autoscaling put-scaling-policy \\
  --service-namespace ecs \\
  --resource-id service/ips-api-cluster/ips-api-service \\
  --scalable-dimension ecs:service:DesiredCount \\
  --policy-name memory-scale-up \\
  --policy-type TargetTrackingScaling \\
  --target-tracking-scaling-policy-configuration '{
    "TargetValue": 80.0,
    "PredefinedMetricSpecification": {
      "PredefinedMetricType": "ECSServiceAverageMemoryUtilization"
    },
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300
  }'`);
    expect(
      (
        await shell(
          `aws application-autoscaling describe-scaling-policies --service-namespace ecs --output text \\
          --query 'ScalingPolicies[].[PolicyName,TargetTrackingScalingPolicyConfiguration.TargetValue,length(Alarms)]'`,
        )
      ).map(plainNumbers),
    ).toEqual(['cpu-scale-up\t70\t2', 'memory-scale-up\t80\t2']);
  }, 120_000);

  test('the deploy job: refused as printed, since there is no revision "latest"; good with a family', async () => {
    const update = (definition: string) => `aws ecs update-service \\
          --cluster ips-api-cluster \\
          --service ips-api-service \\
          --force-new-deployment \\
          --task-definition ${definition}`;
    expect(await refused(update('ips-api-task:latest'))).toBe(
      'An error occurred (InvalidParameterException) when calling the UpdateService operation: Invalid revision number. Number: latest',
    );
    await shell(`${update('ips-api-task')}

        echo "Waiting for service to stabilize..."
        aws ecs wait services-stable \\
          --cluster ips-api-cluster \\
          --services ips-api-service

        echo "Deployment complete!"`);
    expect(
      await shell(`aws ecs list-service-deployments --cluster ips-api-cluster --service ips-api-service \\
        --query 'serviceDeployments[].status' --output text`),
    ).toEqual(['SUCCESSFUL\tSUCCESSFUL']);
  }, 120_000);

  test('alarms', async () => {
    await shell(`
aws cloudwatch put-metric-alarm \\
  --alarm-name ips-api-high-error-rate \\
  --alarm-description "Alert when error rate exceeds 5%" \\
  --metric-name HTTPCode_Target_5XX_Count \\
  --namespace AWS/ApplicationELB \\
  --statistic Sum \\
  --period 300 \\
  --threshold 50 \\
  --comparison-operator GreaterThanThreshold \\
  --evaluation-periods 2 \\
  --alarm-actions arn:aws:sns:ap-south-1:123456789012:ips-alerts
aws cloudwatch put-metric-alarm \\
  --alarm-name ips-api-high-latency \\
  --metric-name TargetResponseTime \\
  --namespace AWS/ApplicationELB \\
  --statistic Average \\
  --period 300 \\
  --threshold 1.0 \\
  --comparison-operator GreaterThanThreshold \\
  --evaluation-periods 2
aws cloudwatch put-metric-alarm \\
  --alarm-name ips-db-high-cpu \\
  --metric-name CPUUtilization \\
  --namespace AWS/RDS \\
  --statistic Average \\
  --period 300 \\
  --threshold 80 \\
  --comparison-operator GreaterThanThreshold \\
  --evaluation-periods 2
aws cloudwatch wait alarm-exists --alarm-names ips-api-high-error-rate ips-api-high-latency ips-db-high-cpu`);
    expect(
      (
        await shell(
          `aws cloudwatch describe-alarms --alarm-name-prefix ips- --output text \\
          --query 'MetricAlarms[].[AlarmName,Threshold,StateValue]'`,
        )
      ).map(plainNumbers),
    ).toEqual([
      'ips-api-high-error-rate\t50\tINSUFFICIENT_DATA',
      'ips-api-high-latency\t1\tINSUFFICIENT_DATA',
      'ips-db-high-cpu\t80\tINSUFFICIENT_DATA',
    ]);
  }, 60_000);

  test('secrets', async () => {
    await shell(`
aws secretsmanager create-secret \\
  --name ips/admin-verification-key \\
  --secret-string "YourAdminSecurityKey"`);
    expect(
      await value(
        'aws secretsmanager get-secret-value --secret-id ips/admin-verification-key --query SecretString',
      ),
    ).toBe('YourAdminSecurityKey');
    expect(
      await refused(
        'aws secretsmanager create-secret --name ips/jwt-secret --secret-string "YourJWTSecretKey64CharactersLong"',
      ),
    ).toMatch(/^An error occurred \(ResourceExistsException\) when calling the CreateSecret operation: /);
  }, 60_000);

  test('troubleshooting: events, CPU, logs', async () => {
    const events = await shell(`aws ecs describe-services \\
  --cluster ips-api-cluster \\
  --services ips-api-service \\
  --query 'services[0].events[:5].[message]' --output text`);
    expect(events).toHaveLength(5);
    expect(events[0]).toMatch(/^\(service ips-api-service\) /);
    const labNow = (
      (await (await fetch(`${lab.variables['AWS_ENDPOINT_URL']}/_lab/state`)).json()) as { now: number }
    ).now;
    const averages = await shell(`aws cloudwatch get-metric-statistics \\
  --namespace AWS/ECS \\
  --metric-name CPUUtilization \\
  --dimensions Name=ClusterName,Value=ips-api-cluster Name=ServiceName,Value=ips-api-service \\
  --start-time ${new Date(labNow - 3_600_000).toISOString()} \\
  --end-time ${new Date(labNow + 60_000).toISOString()} \\
  --period 3600 \\
  --statistics Average --query 'Datapoints[].[Average,Unit]' --output text`);
    expect(averages.length).toBeGreaterThan(0);
    // An hour that has only just begun may have an average of exactly 0, or one in scientific notation.
    for (const line of averages) {
      const [average, unit] = line.split('\t');
      expect(Number(average)).toBeGreaterThanOrEqual(0);
      expect(Number(average)).toBeLessThanOrEqual(100);
      expect(unit).toBe('Percent');
    }
    // `aws logs tail` is of version 2 of the CLI; this is the call it makes.
    const messages = await shell(
      `aws logs filter-log-events --log-group-name /ecs/ips-api --interleaved --output text \\
        --query 'events[].[message]' --filter-pattern listening`,
    );
    expect(new Set(messages)).toEqual(new Set(['listening with a key of 64 letters']));
  }, 60_000);

  test('the topic for alerts', async () => {
    const arn = 'arn:aws:sns:ap-south-1:123456789012:ips-api-alerts';
    expect(await shell('aws sns create-topic --name ips-api-alerts --output text')).toEqual([arn]);
    expect(
      await shell(`aws sns subscribe --topic-arn ${arn} --protocol email \\
        --notification-endpoint admin@yourcompany.com --output text`),
    ).toEqual(['pending confirmation']);
  }, 60_000);

  test.each([
    [
      'aws acm request-certificate --domain-name api.yourdomain.com --validation-method DNS',
      'UnknownOperationException',
      'RequestCertificate',
      'CertificateManager',
    ],
    ['aws rds describe-db-instances', 'InvalidAction', 'DescribeDBInstances', 'rds'],
    ['aws ec2 create-vpc --cidr-block 10.0.0.0/16', 'InvalidAction', 'CreateVpc', 'ec2'],
    [
      'aws wafv2 list-web-acls --scope REGIONAL',
      'UnknownOperationException',
      'ListWebACLs',
      'AWSWAF_20190729',
    ],
  ])('%s: not simulated, and says so', async (command, code, operation, service) => {
    expect(await refused(command)).toBe(
      `An error occurred (${code}) when calling the ${operation} operation: ` +
        `The lab does not simulate the service of '${service}' (operation ${operation}).`,
    );
  });
});

/** The guide's task definition, its program replaced by a small one in the lab's own image. */
function guideTaskDefinition(image: string, dbConnectionArn: string, jwtSecretArn: string): unknown {
  return {
    family: 'ips-api-task',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '512',
    memory: '1024',
    containerDefinitions: [
      {
        name: 'ips-api',
        image,
        command: [
          'node',
          '-e',
          'require("http").createServer((q, r) => r.end("ok")).listen(5000); ' +
            'console.log("listening with a key of", process.env.JwtSettings__SecretKey.length, "letters"); ' +
            'process.on("SIGTERM", () => process.exit(0))',
        ],
        portMappings: [{ containerPort: 5000, protocol: 'tcp' }],
        environment: [{ name: 'ASPNETCORE_ENVIRONMENT', value: 'Production' }],
        secrets: [
          { name: 'ConnectionStrings__Default', valueFrom: dbConnectionArn },
          { name: 'JwtSettings__SecretKey', valueFrom: jwtSecretArn },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/ecs/ips-api',
            'awslogs-region': 'ap-south-1',
            'awslogs-stream-prefix': 'api',
          },
        },
        healthCheck: {
          command: ['CMD-SHELL', 'curl -f http://localhost:5000/health || exit 1'],
          interval: 30,
          timeout: 5,
          retries: 3,
        },
      },
    ],
    executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
    taskRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskRole',
  };
}
