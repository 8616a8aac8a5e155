"""One room's HTTP door; reporting's also answers for the whole county."""

import asyncio
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.embedded.directory import no_founding
from services.embedded.front import front_page
from services.standalone.county import FarCounty
from services.standalone.operations import add_operations
from services.standalone.place import Place
from services.standalone.replica import Replica
from shared.identity.officers import Officers
from shared.store.store import Store
from shared.vault import Vault
from shared.web import RESPONSES, add_errors
