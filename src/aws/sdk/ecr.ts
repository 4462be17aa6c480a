import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import type { ServiceClient } from './caller.ts';
import { clientSettings, createServiceClient } from './client.ts';

export function createEcrClient(): ServiceClient {
  return createServiceClient(new ECRClient(clientSettings), {
    BatchDeleteImage: BatchDeleteImageCommand,
    BatchGetImage: BatchGetImageCommand,
    CreateRepository: CreateRepositoryCommand,
    DescribeImageScanFindings: DescribeImageScanFindingsCommand,
    DescribeImages: DescribeImagesCommand,
    DescribeRepositories: DescribeRepositoriesCommand,
    GetAuthorizationToken: GetAuthorizationTokenCommand,
    ListImages: ListImagesCommand,
    PutImage: PutImageCommand,
    PutLifecyclePolicy: PutLifecyclePolicyCommand,
    StartImageScan: StartImageScanCommand,
  });
}
