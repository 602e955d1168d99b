// Every group of functions that JavaScript calls, a file each; addon.cc calls them all, errors first.
#pragma once
#include <napi.h>

namespace rxb {

void ExportErrors(Napi::Env env, Napi::Object exports);
void ExportArena(Napi::Env env, Napi::Object exports);
void ExportBackends(Napi::Env env, Napi::Object exports);
void ExportPorts(Napi::Env env, Napi::Object exports);
void ExportPortInfo(Napi::Env env, Napi::Object exports);
void ExportLosses(Napi::Env env, Napi::Object exports);
void ExportWorkers(Napi::Env env, Napi::Object exports);
void ExportMembers(Napi::Env env, Napi::Object exports);
void ExportAudits(Napi::Env env, Napi::Object exports);
void ExportSteer(Napi::Env env, Napi::Object exports);
void ExportNic(Napi::Env env, Napi::Object exports);
void ExportPeer(Napi::Env env, Napi::Object exports);
void ExportFlowActions(Napi::Env env, Napi::Object exports);
void ExportFlows(Napi::Env env, Napi::Object exports);
void ExportCaptures(Napi::Env env, Napi::Object exports);
void ExportPluginSocket(Napi::Env env, Napi::Object exports);
void ExportBroker(Napi::Env env, Napi::Object exports);
void ExportGenerator(Napi::Env env, Napi::Object exports);
void ExportClassify(Napi::Env env, Napi::Object exports);
void ExportFlowTable(Napi::Env env, Napi::Object exports);
void ExportDriverFlows(Napi::Env env, Napi::Object exports);
void ExportFlowTables(Napi::Env env, Napi::Object exports);
void ExportFlowList(Napi::Env env, Napi::Object exports);
void ExportNicFlows(Napi::Env env, Napi::Object exports);

}  // namespace rxb
