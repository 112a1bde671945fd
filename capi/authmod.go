package main

// #include "bridge.h"
import "C"

import "oxrtmp/rtmp/authmod"

//export oxgo_authmod_adobe
func oxgo_authmod_adobe(user, password, salt, challenge, opaque, clientChallenge, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	response := authmod.AdobeResponse(goString(user), goString(password), goString(salt), goString(challenge),
		goString(opaque), goString(clientChallenge))
	return fail(putText(response, buf, capacity, length))
}

//export oxgo_authmod_llnw
func oxgo_authmod_llnw(user, password, app, nonce, count, clientNonce, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	response := authmod.LLNWResponse(goString(user), goString(password), goString(app), goString(nonce), goString(count),
		goString(clientNonce))
	return fail(putText(response, buf, capacity, length))
}
