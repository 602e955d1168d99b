// Backends built apart from the core, against a library that is not on every machine: loaded when a port of theirs is
// opened.
#pragma once
#include "backend.h"

namespace rxb {

// Where TypeScript found the package to be: the module of `backend` lies in this file, built or not.
void SetModulePath(const char *backend, const char *path);

// Whether there is a module for the backend of that name, built or not.
bool HasModule(const char *backend);

// Whether one was.
bool AnyModuleLoaded();

// What `rxburst_pcap_compiles` of each module that was loaded says, together: how often it has called libpcap's
// compiler.
uint32_t ModulesPcapCompiles();

// Loads it, once. ERR_NO_BACKEND says what to install and which command builds it.
Status LoadModule(const char *backend, const Backend **out);

}  // namespace rxb
