"""The peer of the API: FastAPI with SQLAlchemy on asyncpg, as a team would write it in an afternoon."""
from datetime import datetime
from typing import List, Optional
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import JSONResponse
from fastapi.encoders import jsonable_encoder
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import create_async_engine

from tables import ADDRESS, SECRET, executions, tasks

engine = create_async_engine("postgresql+asyncpg://" + ADDRESS, pool_size=10, max_overflow=10)
app = FastAPI()


def caller(token: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> str:
    try:
        return jwt.decode(token.credentials, SECRET, algorithms=["HS256"])["sub"]
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error


class NewTask(BaseModel):
    project_id: UUID
    title: str = Field(..., min_length=1, max_length=200)
    description: str = Field("", max_length=10_000)
    command: Optional[str] = None
    priority: int = Field(5, ge=1, le=10)


class Task(BaseModel):
    id: UUID
    project_id: UUID
    title: str
    description: str
    command: Optional[str]
    status: str
    priority: int
    started_at: Optional[datetime]
    completed_at: Optional[datetime]
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    items: List[Task]
    total: int
    page: int
    page_size: int


@app.post("/tasks", status_code=201, response_model=Task)
async def create(body: NewTask, _: str = Depends(caller)):
    async with engine.begin() as db:
        row = (await db.execute(insert(tasks).values(id=uuid4(), **body.dict()).returning(*tasks.c))).one()
    return dict(row)


async def page_of(page, page_size, project_id, status):
    wanted = []
    if project_id:
        wanted.append(tasks.c.project_id == project_id)
    if status:
        wanted.append(tasks.c.status == status)
    async with engine.connect() as db:
        total = (await db.execute(select(func.count()).select_from(tasks).where(*wanted))).scalar_one()
        rows = await db.execute(
            select(tasks).where(*wanted).order_by(tasks.c.created_at.desc(), tasks.c.id.desc())
            .limit(page_size).offset((page - 1) * page_size))
        return {"items": [dict(row) for row in rows], "total": total, "page": page, "page_size": page_size}


@app.get("/tasks", response_model=Page)
async def listed(page: int = Query(1, ge=1), page_size: int = Query(50, ge=1, le=200), project_id: Optional[UUID] = None,
                 status: Optional[str] = None, _: str = Depends(caller)):
    return await page_of(page, page_size, project_id, status)


@app.get("/lean/tasks")
async def listed_without_models(page: int = 1, page_size: int = 50, project_id: Optional[UUID] = None,
                                status: Optional[str] = None, _: str = Depends(caller)):
    return JSONResponse(jsonable_encoder(await page_of(page, page_size, project_id, status)))


@app.get("/tasks/{task_id}", response_model=Task)
async def get(task_id: UUID, _: str = Depends(caller)):
    async with engine.connect() as db:
        row = (await db.execute(select(tasks).where(tasks.c.id == task_id))).one_or_none()
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.post("/tasks/{task_id}/execute", status_code=202)
async def execute(task_id: UUID, _: str = Depends(caller)):
    from worker import run

    async with engine.begin() as db:
        command = (await db.execute(
            update(tasks).where(tasks.c.id == task_id).values(status="queued", updated_at=func.now())
            .returning(tasks.c.command))).scalar_one()
        execution = (await db.execute(insert(executions).values(id=uuid4(), task_id=task_id).returning(executions.c.id))).scalar_one()
    run.delay(str(execution), str(task_id), command)
    return {"id": str(execution)}
