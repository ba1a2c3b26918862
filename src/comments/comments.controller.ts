import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { taskIdParam } from '../tasks/task-ref.js';
import {
  commentListQuery,
  commentPageSchema,
  commentSchema,
  createCommentSchema,
  deletedCommentSchema,
  updateCommentSchema,
  type CommentListQuery,
  type CreateComment,
  type UpdateComment,
} from './comments.schema.js';
import { CommentsService } from './comments.service.js';

const read: readonly ErrorCode[] = ['VALIDATION_ERROR', 'TASK_NOT_FOUND'];
const written: readonly ErrorCode[] = [...read, 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'];

@Controller('api/tasks/:task_id/comments')
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the comments of a task',
    description: 'The newest first, unless `order=asc` asks for the oldest first.',
    response: commentPageSchema,
    errors: read,
  })
  listComments(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: commentListQuery }) query: CommentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.comments.list(actor, taskId, query, url);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Comment on a task',
    description:
      'The text is Markdown and kept as it is sent. `@username` mentions users; the answer lists those who can see the task. A task has at most 1,000 comments.',
    status: 201,
    location: '/api/tasks/{task_id}/comments/{id}',
    response: commentSchema,
    errors: [...written, 'RESOURCE_LIMIT_EXCEEDED', 'PROJECT_LIMIT_EXCEEDED'],
  })
  addComment(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: createCommentSchema }) body: CreateComment,
  ) {
    return this.comments.create(actor, taskId, body);
  }

  @Get(':comment_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a comment',
    description: 'Returns one comment of the task.',
    response: commentSchema,
    errors: [...read, 'RESOURCE_NOT_FOUND'],
  })
  getComment(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('comment_id', { schema: id }) commentId: string,
  ) {
    return this.comments.get(actor, taskId, commentId);
  }

  @Put(':comment_id')
  @Endpoint({
    access: 'write',
    summary: 'Change your comment',
    description: 'Nobody changes the comments of others.',
    response: commentSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND', 'VERSION_CONFLICT', 'PROJECT_LIMIT_EXCEEDED'],
  })
  updateComment(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('comment_id', { schema: id }) commentId: string,
    @Body({ schema: updateCommentSchema }) body: UpdateComment,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.comments.update(actor, taskId, commentId, body, ifMatch);
  }

  @Delete(':comment_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a comment',
    description:
      'Your own, or any as an owner of the project. The text is gone; the history says that there was a comment.',
    response: deletedCommentSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND'],
  })
  deleteComment(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('comment_id', { schema: id }) commentId: string,
  ) {
    return this.comments.remove(actor, taskId, commentId);
  }
}
