const _=52,c=[52],d={9052:((s,t,e)=>{e.d(t,{R:()=>o});const o="shift"})};export{_ as id,c as ids,d as modules};
