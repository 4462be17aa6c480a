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
import { clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

/** `region` in place of the environment's. */
export function createEcrClient(region?: string): ServiceClient {
  const settings = region === undefined ? clientSettings : { ...clientSettings, region };
  return createServiceClient(new ECRClient(settings), {
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
