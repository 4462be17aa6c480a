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
import { type ClientSettings, clientSettings, createServiceClient } from './client.ts';
import type { ServiceClient } from './sender.ts';

export function createEcrClient(settings: ClientSettings = clientSettings): ServiceClient {
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
