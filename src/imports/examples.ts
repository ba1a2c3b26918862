const object = { type: 'object', additionalProperties: true };
const objectOrList = { anyOf: [object, { type: 'array', items: object }] };

/** The media types of a file that is imported, with an example of each, for the OpenAPI document. */
export const importExamples = {
  'application/json': {
    schema: object,
    example: {
      format: 'millrace',
      version: 1,
      labels: [{ name: 'security', color: '#e03e3e' }],
      documents: [{ kind: 'doc', title: 'How to release', body: '1. Build' }],
      tasks: [
        {
          ref: 'SHOP-1',
          title: 'Renew the certificate',
          status: 'pending',
          priority: 3,
          tags: ['security'],
          dependencies: [],
          comments: [{ author: 'ann', body: 'It ends in May.' }],
        },
      ],
      schedules: [{ name: 'Nightly', cron: '30 4 * * *', task: 'SHOP-1' }],
    },
  },
  'text/csv': {
    schema: { type: 'string' },
    example: 'title,status,priority,tags\r\nRenew the certificate,todo,3,"security,ops"\r\n',
  },
};

/** The forms of findings. */
export const findingsExamples = {
  'application/json': {
    schema: objectOrList,
    example: {
      tool: 'audit',
      findings: [
        {
          fingerprint: 'CVE-2026-1234 left-pad',
          title: 'left-pad before 1.4 is vulnerable',
          severity: 'high',
          location: 'package.json:12',
        },
      ],
    },
  },
  'application/sarif+json': { schema: object },
};

/** The forms of a manifest. */
export const manifestExamples = {
  'application/yaml': {
    schema: { type: 'string' },
    example:
      'source: team.yaml\ntasks:\n  - external_ref: certificate\n    title: Renew the certificate\n    priority: high\n',
  },
  'application/json': {
    schema: objectOrList,
    example: {
      source: 'team.yaml',
      tasks: [{ external_ref: 'certificate', title: 'Renew the certificate' }],
    },
  },
};
