import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppModule } from './app.module.js';
import { version } from './common/version.js';
import { outputEventSchema } from './output/output-view.js';
import type { Infrastructure } from './infra/infrastructure.js';
import { insomniaCollection, postmanCollection } from './openapi/collections.js';
import { addComponent, convert } from './openapi/convert.js';
import { description } from './openapi/description.js';
import { addErrors } from './openapi/errors.js';
import { addExamples } from './openapi/examples.js';
import { describeFiles } from './openapi/files.js';
import { addHeaders } from './openapi/headers.js';
import { KeptForHost } from './openapi/kept-bytes.js';
import { llmsText } from './openapi/llms-text.js';
import { nameOperations } from './openapi/operations.js';
import { addScopes } from './openapi/scopes.js';
import { documentFile, servedDocument } from './openapi/served-document.js';
import { addWebhooks } from './openapi/webhooks.js';

/** Generates the OpenAPI document of all routes from their Zod schemas. */
function createOpenApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Millrace')
    .setDescription(description)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'A JWT from /api/auth/login, a personal access token (`mlr_pat_…`), or a key of an agent (`mlr_key_…`).',
    })
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    standardSchemaConverter: convert,
    operationIdFactory: (_controller, method) => method,
  });
  nameOperations(document);
  describeFiles(document);
  addScopes(document);
  addComponent(document, outputEventSchema);
  addHeaders(document);
  addExamples(document);
  addErrors(document);
  addWebhooks(document);
  return document;
}

/**
 * Generates the document for `openapi/openapi.json` without a running server: in Nest's preview mode the routes are known, but no
 * providers are created.
 */
export async function buildOpenApi(): Promise<OpenAPIObject> {
  const routes = { role: 'api' } as Infrastructure;
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(routes), new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return createOpenApiDocument(app);
}

/**
 * Serves the document at `/openapi.json`, Swagger UI at `/docs`, the collections for Postman and Insomnia below it, and the page for agents at
 * `/llms.txt`. Each is made once and kept, since anybody may ask for them: written anew, 60 requests kept the event loop busy for 22 s.
 */
export function serveOpenApi(app: NestFastifyApplication): void {
  const inJson = (baseUrl: string) => JSON.stringify(baseUrl).slice(1, -1);
  const json = 'application/json; charset=utf-8';
  const collections = { postman: postmanCollection, insomnia: insomniaCollection };
  for (const [name, make] of Object.entries(collections)) {
    const write = (baseUrl: string) => JSON.stringify(make(servedDocument(), baseUrl));
    serveForHost(app, `/docs/${name}_collection.json`, json, new KeptForHost(write, inJson));
  }
  const page = new KeptForHost((baseUrl) => llmsText(servedDocument(), baseUrl));
  serveForHost(app, '/llms.txt', 'text/markdown; charset=utf-8', page);
  const document = documentFile();
  app.getHttpAdapter().get('/openapi.json', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.headers({ etag: document.tag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
    if (request.headers['if-none-match']?.includes(document.tag)) return reply.status(304).send();
    const { encoding, bytes } = await document.bytes.in(request.headers['accept-encoding']);
    if (encoding !== undefined) void reply.header('content-encoding', encoding);
    return reply.type(json).send(bytes);
  });
  SwaggerModule.setup('docs', app, () => withoutRoutes, {
    // the page loads the document from here, as everybody does, instead of a copy within its script
    swaggerUrl: '/openapi.json',
    raw: false,
    customSiteTitle: 'Millrace API',
    // a stored token could be used by the next user of the browser
    swaggerOptions: { displayRequestDuration: true, tryItOutEnabled: true },
  });
}

/** What Swagger UI is given in place of a document, so that it loads the one at its address. */
const withoutRoutes = {} as OpenAPIObject;

function serveForHost(app: NestFastifyApplication, path: string, type: string, document: KeptForHost): void {
  app.getHttpAdapter().get(path, (request: FastifyRequest, reply: FastifyReply) => {
    void reply
      .type(type)
      // the document contains the requested host, so a shared cache must not return it to other clients
      .header('cache-control', 'no-store')
      .send(document.with(`${request.protocol}://${request.host}`));
  });
}
