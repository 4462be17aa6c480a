import {
  CreateServiceCommand,
  DescribeClustersCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  GetTaskProtectionCommand,
  ListServiceDeploymentsCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopServiceDeploymentCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createEcsClient(settings: ClientSettings = clientSettings): ServiceClient {
  return createServiceClient(new ECSClient(settings), {
    CreateService: CreateServiceCommand,
    DescribeClusters: DescribeClustersCommand,
    DescribeServiceDeployments: DescribeServiceDeploymentsCommand,
    DescribeServiceRevisions: DescribeServiceRevisionsCommand,
    DescribeServices: DescribeServicesCommand,
    DescribeTaskDefinition: DescribeTaskDefinitionCommand,
    DescribeTasks: DescribeTasksCommand,
    GetTaskProtection: GetTaskProtectionCommand,
    ListServiceDeployments: ListServiceDeploymentsCommand,
    ListServices: ListServicesCommand,
    ListTagsForResource: ListTagsForResourceCommand,
    ListTaskDefinitions: ListTaskDefinitionsCommand,
    ListTasks: ListTasksCommand,
    RegisterTaskDefinition: RegisterTaskDefinitionCommand,
    RunTask: RunTaskCommand,
    StopServiceDeployment: StopServiceDeploymentCommand,
    StopTask: StopTaskCommand,
    TagResource: TagResourceCommand,
    UpdateService: UpdateServiceCommand,
  });
}
