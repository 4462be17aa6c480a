/** Issues, and the comments on issues and pull requests. */
import { Fields, GitHubError, notFound } from './api-answer.ts';
import { paged } from './paged.ts';
import type { Comment, Issue, RepositoryState } from './repository-state.ts';
import type { Route } from './routes.ts';
import { commentView, issueView } from './views.ts';

/** GitHub refuses longer texts. */
const longestBody = 65_536;

function issueOf(repository: RepositoryState, number: string): Issue {
  const issue = repository.issues.get(Number(number));
  if (issue === undefined) throw notFound();
  return issue;
}

function commentOf(repository: RepositoryState, id: string): Comment {
  const comment = repository.comments.get(Number(id));
  if (comment === undefined) throw notFound();
  return comment;
}

function atMost(text: string, longest: number, field: string): string {
  if (text.length > longest)
    throw new GitHubError(422, 'Validation Failed', [
      {
        resource: 'Issue',
        field,
        code: 'custom',
        message: `${field} is too long (maximum is ${longest} characters)`,
      },
    ]);
  return text;
}

const bodyOf = (fields: Fields): string => atMost(fields.need('body'), longestBody, 'body');

const labelsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map((label) => String(label?.name ?? label)) : [];

const view = (repository: RepositoryState, issue: Issue) =>
  issueView(
    repository,
    issue,
    [...repository.comments.values()].filter((comment) => comment.issueNumber === issue.number).length,
  );

export const issueRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/issues$/,
    permission: 'issues',
    access: 'read',
    run: ({ repository, query }) => {
      const state = query['state'] ?? 'open';
      const labels = (query['labels'] ?? '').split(',').filter((label) => label !== '');
      const found = [...repository.issues.values()]
        .filter((issue) => state === 'all' || issue.state === state)
        .filter((issue) => labels.every((label) => issue.labels.includes(label)))
        .reverse();
      return { status: 200, json: paged(found, query).map((issue) => view(repository, issue)) };
    },
  },
  {
    method: 'POST',
    pattern: /^\/issues$/,
    permission: 'issues',
    access: 'write',
    run: ({ repository, body, login, model }) => {
      const fields = new Fields(body, 'Issue');
      const issue = model.addIssue(`${repository.owner}/${repository.name}`, {
        title: atMost(fields.need('title'), 256, 'title'),
        body: atMost(fields.text('body', ''), longestBody, 'body'),
        user: login,
        isPullRequest: false,
        labels: labelsOf(fields.raw('labels')),
      });
      return { status: 201, json: view(repository, issue) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/issues\/(\d+)$/,
    permission: 'issues',
    access: 'read',
    run: ({ repository, parts }) => ({ status: 200, json: view(repository, issueOf(repository, parts[0]!)) }),
  },
  {
    method: 'PATCH',
    pattern: /^\/issues\/(\d+)$/,
    permission: 'issues',
    access: 'write',
    run: ({ repository, parts, body, kernel }) => {
      const issue = issueOf(repository, parts[0]!);
      const fields = new Fields(body, 'Issue');
      issue.title = fields.text('title', issue.title);
      issue.body = fields.text('body', issue.body);
      if (fields.raw('state') !== undefined)
        issue.state = fields.choice('state', ['open', 'closed']) as Issue['state'];
      if (fields.raw('labels') !== undefined) issue.labels = labelsOf(fields.raw('labels'));
      issue.updatedAtMs = kernel.now;
      return { status: 200, json: view(repository, issue) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/issues\/(\d+)\/comments$/,
    permission: 'issues',
    orPermissions: ['pull-requests'],
    access: 'read',
    run: ({ repository, parts, query }) => {
      const { number } = issueOf(repository, parts[0]!);
      const found = [...repository.comments.values()].filter((comment) => comment.issueNumber === number);
      return { status: 200, json: paged(found, query).map((comment) => commentView(repository, comment)) };
    },
  },
  {
    method: 'POST',
    pattern: /^\/issues\/(\d+)\/comments$/,
    permission: 'issues',
    orPermissions: ['pull-requests'],
    access: 'write',
    run: ({ repository, parts, body, login, model, kernel }) => {
      const issue = issueOf(repository, parts[0]!);
      const comment: Comment = {
        id: model.newId(),
        issueNumber: issue.number,
        user: login,
        body: bodyOf(new Fields(body, 'IssueComment')),
        createdAtMs: kernel.now,
        updatedAtMs: kernel.now,
      };
      repository.comments.set(comment.id, comment);
      kernel.record('github.comment', `${repository.owner}/${repository.name}#${issue.number}`, {
        id: comment.id,
      });
      return { status: 201, json: commentView(repository, comment) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/issues\/comments\/(\d+)$/,
    permission: 'issues',
    orPermissions: ['pull-requests'],
    access: 'read',
    run: ({ repository, parts }) => ({
      status: 200,
      json: commentView(repository, commentOf(repository, parts[0]!)),
    }),
  },
  {
    method: 'PATCH',
    pattern: /^\/issues\/comments\/(\d+)$/,
    permission: 'issues',
    orPermissions: ['pull-requests'],
    access: 'write',
    run: ({ repository, parts, body, kernel }) => {
      const comment = commentOf(repository, parts[0]!);
      comment.body = bodyOf(new Fields(body, 'IssueComment'));
      comment.updatedAtMs = kernel.now;
      return { status: 200, json: commentView(repository, comment) };
    },
  },
];
