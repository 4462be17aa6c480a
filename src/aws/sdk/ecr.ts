import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutLifecyclePolicyCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createEcrClient(): ServiceClient {
  return createServiceClient(new ECRClient(clientSettings), {
    BatchGetImage: BatchGetImageCommand,
    CreateRepository: CreateRepositoryCommand,
    DescribeImageScanFindings: DescribeImageScanFindingsCommand,
    DescribeImages: DescribeImagesCommand,
    DescribeRepositories: DescribeRepositoriesCommand,
    GetAuthorizationToken: GetAuthorizationTokenCommand,
    PutLifecyclePolicy: PutLifecyclePolicyCommand,
    StartImageScan: StartImageScanCommand,
  });
}
